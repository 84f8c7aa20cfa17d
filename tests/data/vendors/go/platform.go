// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

const noteDuplicate = "表号已存在"

// ---- 3.1

func (s *Server) getUserInfo(c *call) reply {
	if s.bug("long-key-sickens-query") {
		if s.tired.Swap(len(c.text("UserCode")) > 5000) {
			return refuse(-999)
		}
	}
	if s.bug("fifth-query-by-meter-unknown") && !c.blank("MeterAddr") && s.nth("info:"+c.text("MeterAddr"))%5 == 0 {
		return refuse(-1)
	}
	s.mu.RLock()
	meters, code := s.find(c, false)
	if code == -1 && s.reading("cancelled-visible") {
		meters, code = s.find(c, true)
	}
	var rows list
	for _, m := range meters {
		rows = append(rows, s.userRow(m, len(rows)))
	}
	if u := s.users[c.text("UserCode")]; u != nil && c.blank("MeterAddr") {
		if s.bug("null-rows-for-cancelled") {
			for _, m := range u.meters {
				if m.Cancelled {
					rows = append(rows, nil)
				}
			}
		}
		if s.bug("exchange-keeps-old-listed") {
			for _, m := range u.meters {
				if m.Exchanged {
					rows = append(rows, s.userRow(m, len(rows)))
				}
			}
		}
		if s.bug("first-meter-only") && len(rows) > 1 {
			rows = rows[:1]
		}
	}
	s.mu.RUnlock()
	if code != 1 {
		return refuse(code)
	}
	if s.bug("race-replies-crossed") {
		s.lastRows.Store(rows)
		time.Sleep(20 * time.Millisecond)
		rows = s.lastRows.Load().(list)
	}
	return reply{code: 1, rows: rows}
}

func (s *Server) userRow(m *Meter, place int) obj {
	pay := 1
	if m.Pay == "6" {
		pay = 2
	}
	switch {
	case s.bug("paytype-5-shown-2") && m.Pay == "5" && !m.Seed:
		pay = 2
	case s.bug("paytype-shown-raw") && m.Pay != "6":
		pay = int(m.Pay[0] - '0')
	case s.bug("third-party-shown-1") && m.Seed, s.bug("exchange-resets-paytype") && m.ByExchange:
		pay = 1
	}
	row := obj{{"UserCode", m.UserCode}, {"UserName", m.UserName}, {"Doorplate", m.Doorplate}, {"Address", m.Address},
		{"Phone", m.Phone}, {"MeterAddr", m.Addr}, {"PayType", pay}}
	if !m.HasPhone {
		if s.reading("phone-null-when-not-given") {
			row.set("Phone", nil)
		}
		if s.reading("phone-left-out") {
			row.drop("Phone")
		}
	}
	switch {
	case s.bug("doorplate-in-request-spelling"):
		row.rename("Doorplate", "DoorPlate")
	case s.bug("paytype-as-text"):
		row.set("PayType", fmt.Sprint(pay))
	case s.bug("digit-meteraddr-as-number") && isDigits(m.Addr) && m.Addr[0] != '0' && len(m.Addr) <= 15:
		row.set("MeterAddr", num(m.Addr))
	case s.bug("phone-as-number") && isDigits(m.Phone) && m.Phone[0] != '0' && len(m.Phone) == 11:
		row.set("Phone", num(m.Phone))
	case s.bug("second-row-without-user") && place > 0:
		row.drop("UserName")
		row.drop("Phone")
	case s.bug("address-and-doorplate-swapped"):
		row.set("Doorplate", m.Address)
		row.set("Address", m.Doorplate)
	case s.bug("phone-masked") && len(m.Phone) >= 8:
		row.set("Phone", m.Phone[:3]+"****"+m.Phone[7:])
	case s.bug("exchange-loses-phone") && m.ByExchange:
		row.set("Phone", "")
	}
	return row
}

func isDigits(t string) bool { return t != "" && strings.Trim(t, "0123456789") == "" }

// ---- 3.2

// payFields checks what 3.2 has codes for, in the order of the codes.
func (s *Server) payFields(c *call) int {
	money, date := c.num("Money"), c.text("PayDate")
	noID := c.text("TransId") == "" || c.blank("TransId") && !s.bug("blank-transid-accepted")
	noMoney := !c.has("Money") || money <= 0 && !(money == 0 && s.bug("money-zero-accepted"))
	wrongDate := !isTime(date) && !s.laxPayDate(date)
	if noID && noMoney && s.bug("codes-joined") {
		return -34
	}
	switch {
	case noID:
		return -3
	case noMoney:
		return -4
	case date == "" || c.blank("PayDate") && !s.bug("blank-paydate-accepted"):
		return -5
	case wrongDate && !c.blank("PayDate"):
		return -200
	case !c.has("PayWay") || c.int("PayWay") < 1 || c.int("PayWay") > 5 && !(c.int("PayWay") == 6 && s.bug("payway-6-accepted")):
		return -6
	case c.fines["Money"] > 2 && !s.reading("third-place-rounded") && !s.reading("third-place-cut") && !(s.bug("tenth-of-cent-becomes-nothing") && money < cent):
		return -200
	case s.reading("transid-up-to-32") && utf8.RuneCountInString(c.text("TransId")) > 32,
		s.reading("paydate-not-ahead") && date > c.now.Add(24*time.Hour).Format(timeForm),
		s.reading("paydate-not-before-2000") && date < "2000":
		return -200
	}
	return 1
}

func (s *Server) laxPayDate(date string) bool {
	return s.bug("february-29-becomes-march") && len(date) == 19 && date[5:10] == "02-29" && isTime(date[:5]+"02-28"+date[10:]) ||
		s.bug("hour-24-rolls-over") && len(date) == 19 && date[11:] == "24:00:00" && isDay(date[:10])
}

func (s *Server) remotePay(c *call) reply {
	s.mu.RLock() // until the end, so that no exchange comes between
	defer s.mu.RUnlock()
	meters, code := s.find(c, true)
	if s.bug("topup-by-code-hits-addr") && s.isLive(s.meters[c.text("UserCode")]) {
		meters, code = []*Meter{s.meters[c.text("UserCode")]}, 1
	}
	bad := s.payFields(c)
	if code == -2 || code == -200 {
		return refuse(code)
	}
	if code != 1 {
		if bad != 1 && s.reading("fields-before-lookup") {
			return refuse(bad)
		}
		if len(meters) > 0 && bad == 1 && s.bug("mismatch-topup-booked") {
			s.book(c, meters[0])
		}
		return refuse(code)
	}
	m := pick(meters)
	if m == nil || c.blank("MeterAddr") && len(living(meters)) > 1 && s.reading("several-meters-refused") {
		return refuse(-1)
	}
	gone := -7
	if m.Exchanged && s.reading("exchanged-is-unknown") || m.Seed && !m.Exchanged && s.bug("cancelled-topup-unknown-meter") {
		gone = -1
	}
	if m.Cancelled && s.reading("cancelled-before-fields") {
		return refuse(gone)
	}
	if bad != 1 {
		s.refusedTopup(c, m, bad)
		return refuse(bad)
	}
	if m.Cancelled {
		switch {
		case s.bug("cancelled-topup-listed"):
			s.book(c, m)
		case s.bug("old-meter-takes-money") && m.Exchanged:
			return reply{code: 1}
		}
		return refuse(gone)
	}
	if m.Pay == "6" && s.reading("third-party-topup-refused") || s.reading("topup-up-to-ten-thousand") && c.num("Money") > 10000*one {
		return refuse(-999)
	}
	if m.busy.Load() || s.bug("idle-connection-blocks-orders") && s.listener.halfHeaders() {
		return refuse(-999)
	}
	if s.bug("race-topup-dropped-under-load") {
		time.Sleep(25 * time.Millisecond)
		if atomic.LoadInt32(&s.inflight) >= 4 {
			return reply{code: 1}
		}
	}
	return reply{code: s.book(c, m), plain: true}
}

// pick takes the eldest meter that is not cancelled, or a cancelled one when there is no other.
func pick(meters []*Meter) *Meter {
	for _, m := range meters {
		if !m.Cancelled {
			return m
		}
	}
	if len(meters) > 0 {
		return meters[0]
	}
	return nil
}

func living(meters []*Meter) (live []*Meter) {
	for _, m := range meters {
		if !m.Cancelled {
			live = append(live, m)
		}
	}
	return live
}

// refusedTopup holds the bugs of top-ups that are refused for a field.
func (s *Server) refusedTopup(c *call, m *Meter, bad int) {
	switch {
	case bad == -4 && c.num("Money") < 0 && s.bug("negative-topup-booked"), bad == -6 && s.bug("bad-payway-credited"):
		m.mu.Lock()
		m.Remnant += c.num("Money")
		m.mu.Unlock()
	case bad == -200 && s.bug("bad-paydate-still-booked"):
		c.texts["PayDate"] = c.now.Format(timeForm)
		s.book(c, m)
	case bad == -4 && s.bug("refused-topup-eats-transid"):
		s.payMu.Lock()
		s.trans[c.text("TransId")] = &Payment{}
		s.payMu.Unlock()
	}
}

// moneyIn is the Money of a top-up in whole cents.
func (s *Server) moneyIn(c *call) Fix {
	money := c.num("Money")
	switch {
	case s.bug("cents-by-floating-point"):
		return Fix(math.Trunc(float64(money)/float64(one)*100)) * cent
	case s.bug("cents-dropped-from-ten-thousand") && money >= 10000*one:
		return money.cut(one)
	case s.bug("cents-in-32-bits"):
		return Fix(int32(money/cent)) * cent
	case s.bug("small-amounts-raised") && money < one:
		return one
	case s.reading("third-place-rounded"):
		return money.round(cent)
	}
	return money.cut(cent)
}

// transKey is what makes a TransId unique.
func (s *Server) transKey(p *Payment) string {
	switch {
	case s.bug("transid-any-case"):
		return strings.ToLower(p.TransID)
	case s.bug("transid-unique-per-meter-only"):
		return p.TransID + "|" + p.Addr
	}
	return p.TransID
}

// book records a payment and credits it, at once or when the meter calls in. It answers the code.
func (s *Server) book(c *call, m *Meter) int {
	p := &Payment{UserCode: m.UserCode, Addr: m.Addr, Date: c.text("PayDate"), TransID: c.text("TransId"), Money: s.moneyIn(c),
		PayWay: c.int("PayWay"), Result: 1, byMeter: c.blank("UserCode"), arrived: c.now.Format(timeForm)}
	if strings.TrimSpace(p.Date) == "" {
		p.Date = p.arrived
	}
	if s.bug("transid-cut-at-20") && utf8.RuneCountInString(p.TransID) > 20 {
		p.TransID = string([]rune(p.TransID)[:20])
	}
	if len(p.Date) == 19 && !isTime(p.Date) {
		p.Date = rolled(p.Date)
	}
	if s.bug("race-list-empty-while-writing") {
		atomic.AddInt32(&s.writing, 1)
		time.Sleep(60 * time.Millisecond)
		defer atomic.AddInt32(&s.writing, -1)
	}
	wait := s.contact("topup-waits-for-contact")
	if wait > 0 {
		p.Result = 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if code := s.enter(p, m); code != 0 {
		return code
	}
	if wait == 0 {
		s.credit(m, p)
		return 1
	}
	time.AfterFunc(wait, func() {
		m := m.lockLast()
		defer m.mu.Unlock()
		s.payMu.Lock()
		p.Result = 1
		s.payMu.Unlock()
		s.credit(m, p)
	})
	return 1
}

// rolled reads 29 February of a common year, and 24:00:00, as the day after (bugs).
func rolled(date string) string {
	t, _ := time.Parse(dayForm, date[:8]+"01")
	days := 0
	fmt.Sscanf(date[8:10], "%d", &days)
	t = t.AddDate(0, 0, days-1)
	if date[11:] == "24:00:00" {
		return t.AddDate(0, 0, 1).Format(dayForm) + " 00:00:00"
	}
	return t.Format(dayForm) + date[10:]
}

// enter puts a payment into the ledger. It answers 0, or the code of a repeated TransId.
func (s *Server) enter(p *Payment, m *Meter) int {
	s.payMu.Lock()
	defer s.payMu.Unlock()
	key := s.transKey(p)
	old := s.trans[key]
	if s.bug("race-transid-twice") && old == nil {
		s.payMu.Unlock()
		m.mu.Unlock()
		time.Sleep(40 * time.Millisecond)
		m.mu.Lock()
		s.payMu.Lock()
	}
	if old != nil && !s.bug("repeated-transid-recorded") {
		switch {
		case s.bug("repeated-transid-overwrites"):
			old.Money = p.Money
		case s.bug("repeat-transid-code-2"):
			return 2
		}
		switch {
		case s.reading("repeated-transid-answers-1"):
			return 1
		case s.reading("repeated-transid-minus-3"):
			return -3
		case s.reading("repeated-transid-minus-999"):
			return -999
		}
		return -203
	}
	if s.bug("third-topup-lost") && s.nth("topup:"+m.Addr)%3 == 0 {
		return 1
	}
	for _, q := range s.payments {
		if q.Addr != m.Addr {
			continue
		}
		switch {
		case s.bug("older-payments-wait-again") && q.Result == 1:
			q.Result = 0
		case s.bug("topup-redates-older-payments"):
			q.Date = p.Date
		}
	}
	id := s.nextID
	if s.bug("race-payid-shared") {
		s.payMu.Unlock()
		time.Sleep(40 * time.Millisecond)
		s.payMu.Lock()
	}
	p.ID = id
	if s.reading("payids-scattered") {
		p.ID = int(uint64(id) * 48271 % 2147483647)
	}
	s.nextID = id + 1
	s.payments = append(s.payments, p)
	s.trans[key] = p
	if s.bug("ledger-keeps-twelve") {
		s.trimLedger(m.Addr)
	}
	return 0
}

func (s *Server) trimLedger(addr string) {
	count := 0
	for i := len(s.payments) - 1; i >= 0; i-- {
		if s.payments[i].Addr == addr {
			if count++; count > 12 {
				s.payments = append(s.payments[:i], s.payments[i+1:]...)
			}
		}
	}
}

// credit raises Remnant, and the billing side's account when the meter has one. The meter's lock is held.
func (s *Server) credit(m *Meter, p *Payment) {
	money := p.Money
	m.payments++
	same := m.lastMoney == money
	m.lastMoney = money
	if s.bug("topup-not-in-reading") || s.bug("only-first-topup-credited") && m.payments > 1 ||
		s.bug("bank-payment-not-credited") && p.PayWay == 2 || s.bug("equal-amount-merged") && same {
		return
	}
	if s.bug("fee-above-500") && money > 500*one {
		money -= (money / 200).round(cent)
	}
	before := m.Remnant
	if s.bug("debt-forgiven-by-topup") && before < 0 {
		before = 0
	}
	if s.bug("race-remnant-lost") {
		m.mu.Unlock()
		time.Sleep(40 * time.Millisecond)
		m.mu.Lock()
	}
	m.Remnant = before + money
	if s.bug("remnant-capped") && m.Remnant > 9999*one+99*cent {
		m.Remnant = 9999*one + 99*cent
	}
	if s.bug("topup-opens-valve") {
		m.Valve = 1
	}
	s.accMu.Lock()
	defer s.accMu.Unlock()
	if a := s.accounts[m.Addr]; a != nil {
		a.Remnant += p.Money
		a.LastPay, a.LastPayTime = p.Money, p.Date
	}
}

// ---- 3.3

func (s *Server) getPayList(c *call) reply {
	if time.Now().UnixNano() < s.broken.Load() {
		return refuse(-203)
	}
	byTrans := !c.blank("TransId")
	noUser, noMeter := c.blank("UserCode"), c.blank("MeterAddr")
	if byTrans && s.reading("transid-alone-counts") {
		c.texts = map[string]string{"TransId": c.text("TransId")}
		noUser, noMeter = true, true
	}
	wanted := map[string]bool{}
	if !noUser || !noMeter || !byTrans {
		s.mu.RLock()
		meters, code := s.find(c, true)
		if code == 1 && !noMeter && s.bug("list-of-meter-is-list-of-user") {
			meters = s.users[meters[0].UserCode].meters
		}
		for _, m := range meters {
			if noMeter && (s.bug("exchange-loses-payments") && m.Exchanged ||
				s.bug("payments-of-cancelled-hidden") && m.Cancelled && !m.Exchanged) {
				continue
			}
			wanted[m.Addr] = true
		}
		s.mu.RUnlock()
		if code == -2 && s.reading("lone-blank-transid-minus-3") {
			if _, there := c.all["TransId"]; there && len(c.all) == 1 {
				return refuse(-3)
			}
		}
		if code != 1 {
			return refuse(code)
		}
	}
	begin, end := c.text("BeginDate"), c.text("EndDate")
	lax := !noMeter && s.bug("dates-optional-with-meter")
	switch {
	case byTrans && !s.bug("transid-still-wants-dates"):
	case c.blank("BeginDate") && !lax:
		return refuse(-4)
	case c.blank("EndDate") && !lax:
		if s.bug("missing-end-code-minus-4") {
			return refuse(-4)
		}
		return refuse(-5)
	}
	var ok bool
	if begin, ok = s.day(begin); !ok {
		return refuse(-200)
	}
	if end, ok = s.day(end); !ok {
		return refuse(-200)
	}
	if begin != "" && end != "" {
		switch {
		case begin > end && !(s.bug("same-month-order-unchecked") && begin[:7] == end[:7]), begin == end && s.bug("single-day-refused"):
			return refuse(-6)
		}
		if s.reading("range-up-to-a-year") {
			from, _ := time.Parse(dayForm, begin)
			to, _ := time.Parse(dayForm, end)
			if to.Sub(from) > 366*24*time.Hour {
				return refuse(-200)
			}
		}
	}
	if s.bug("seventh-list-empty") && s.nth("list")%7 == 0 || atomic.LoadInt32(&s.writing) > 0 {
		return reply{code: 1}
	}
	var rows list
	seconds := map[string]bool{}
	s.payMu.Lock()
	defer s.payMu.Unlock()
	for _, p := range s.payments {
		if byTrans && p.TransID != c.text("TransId") && !(s.bug("transid-prefix-listed") && strings.HasPrefix(p.TransID, c.text("TransId"))) {
			continue
		}
		if (!noUser || !noMeter) && !wanted[p.Addr] || !s.inRange(p.Date, begin, end) {
			continue
		}
		switch second := p.Addr + p.Date; {
		case s.bug("payments-by-meter-only") && noMeter && p.byMeter,
			s.bug("failed-payments-hidden") && p.Result == 2,
			s.bug("old-payments-gone") && p.Date < "2020",
			s.bug("same-second-payments-merged") && seconds[second]:
			continue
		default:
			seconds[second] = true
		}
		rows = append(rows, s.payRow(p, len(rows)+1))
	}
	if s.reading("newest-payment-first") {
		for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
			rows[i], rows[j] = rows[j], rows[i]
		}
	}
	if s.bug("twenty-payments-at-most") && len(rows) > 20 {
		rows = rows[:20]
	}
	return reply{code: 1, rows: rows}
}

// day reads BeginDate or EndDate; empty stays empty.
func (s *Server) day(text string) (string, bool) {
	if strings.TrimSpace(text) == "" {
		return "", true
	}
	if s.reading("date-with-time-taken") && isTime(text) {
		text = text[:10]
	}
	if s.reading("short-dates-taken") {
		if t, err := time.Parse("2006-1-2", text); err == nil {
			text = t.Format(dayForm)
		}
	}
	if s.bug("february-30-accepted") && strings.HasSuffix(text, "-02-30") && len(text) == 10 {
		return text, true
	}
	if s.bug("leap-day-refused") && strings.HasSuffix(text, "-02-29") {
		return "", false
	}
	return text, isDay(text)
}

func (s *Server) inRange(date, begin, end string) bool {
	day, clock := date[:10], date[11:]
	if begin == "" && end == "" {
		return true
	}
	if s.bug("days-in-utc") {
		if t, err := time.Parse(timeForm, date); err == nil {
			day = t.Add(-8 * time.Hour).Format(dayForm)
		}
	}
	if s.bug("year-not-compared") && begin != "" && end != "" && begin[:4] == end[:4] {
		return day[5:] >= begin[5:] && day[5:] <= end[5:]
	}
	if s.bug("month-end-cut-at-30") && strings.HasSuffix(end, "-31") {
		end = end[:8] + "30"
	}
	switch {
	case begin != "" && day < begin, end != "" && day > end,
		s.bug("end-day-excluded") && day == end,
		s.bug("midnight-of-begin-excluded") && day == begin && clock == "00:00:00",
		s.bug("last-second-of-end-excluded") && day == end && clock == "23:59:59",
		s.bug("range-stops-at-new-year") && begin != "" && day[:4] > begin[:4]:
		return false
	}
	return true
}

func (s *Server) payRow(p *Payment, place int) obj {
	date, trans, money := p.Date, any(p.TransID), any(s.dec(p.Money, 2))
	id, result, user, addr := any(p.ID), any(p.Result), p.UserCode, p.Addr
	switch {
	case s.bug("payid-text-for-failed") && p.Result == 2:
		id = fmt.Sprint(p.ID)
	case s.bug("payid-by-position"):
		id = place
	case s.bug("paydate-with-t"):
		date = strings.Replace(date, " ", "T", 1)
	case s.bug("paydate-short-hour"):
		date = strings.Replace(date, " 0", " ", 1)
	case s.bug("paydate-of-server") && p.arrived != "":
		date = p.arrived
	case s.bug("seconds-zeroed"):
		date = date[:17] + "00"
	case s.bug("paydate-of-december-next-year") && date[5:7] == "12" && date[8:10] >= "29":
		if t, err := time.Parse(timeForm, date); err == nil {
			year := t.AddDate(0, 0, 6-int(t.Weekday())).Year()
			date = fmt.Sprint(year) + date[4:]
		}
	case s.bug("money-grouped-from-thousand") && p.Money >= 1000*one:
		money = grouped(p.Money.Text(2))
	case s.bug("last-cent-digit-lost"):
		money = s.dec(p.Money.cut(10*cent), 2)
	case s.bug("digit-transid-as-number") && isDigits(p.TransID) && (p.TransID[0] != '0' || p.TransID == "0"):
		trans = num(p.TransID)
	case s.bug("transid-upper-cased"):
		trans = strings.ToUpper(p.TransID)
	case s.bug("waiting-payresult-null") && p.Result == 0:
		result = nil
	case s.bug("waiting-shown-done") && p.Result == 0:
		result = 1
	case s.bug("failed-shown-waiting") && p.Result == 2:
		result = 0
	case s.bug("mobile-pay-swaps-keys") && p.PayWay == 3:
		user, addr = addr, user
	}
	return obj{{"UserCode", user}, {"MeterAddr", addr}, {"PayDate", date}, {"Money", money}, {"PayID", id}, {"PayResult", result}, {"TransId", trans}}
}

func grouped(text string) string {
	whole, part, _ := strings.Cut(text, ".")
	out := ""
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			out += ","
		}
		out += string(r)
	}
	return out + "." + part
}

// ---- 3.4

func (s *Server) controlValve(c *call) reply {
	rep := s.orderValve(c)
	if rep.code == 1 && s.reading("valve-answers-after-delivery") {
		time.Sleep(time.Second)
	}
	return rep
}

func (s *Server) orderValve(c *call) reply {
	s.mu.RLock()
	defer s.mu.RUnlock()
	meters, code := s.find(c, false)
	mode, bad := c.int("ValveMode"), 1
	switch {
	case !c.has("ValveMode"):
		bad = -3
	case mode == 0 && s.bug("valvemode-0-accepted"):
		mode = 1
	case mode < 1 || mode > 3:
		bad = -4
	}
	if code != 1 && (code == -2 || code == -200 || bad == 1 || !s.reading("fields-before-lookup")) {
		return refuse(code)
	}
	if bad != 1 {
		if bad == -4 && s.bug("bad-valvemode-closes") && len(meters) > 0 {
			s.turn(meters[0], 2)
		}
		return refuse(bad)
	}
	if c.blank("MeterAddr") && len(meters) > 1 {
		if s.reading("several-meters-refused") {
			return refuse(-1)
		}
		if !s.reading("valve-for-all-meters") {
			meters = meters[:1]
		}
	}
	if len(meters) == 0 {
		return refuse(-1)
	}
	if !c.blank("MeterAddr") {
		meters = meters[:1]
	}
	if !c.blank("MeterAddr") && s.bug("valve-turns-siblings") {
		meters = s.users[meters[0].UserCode].live()
	}
	for _, m := range meters {
		if m.busy.Load() {
			return refuse(-999)
		}
		m := m
		after(s.contact("valve-waits-for-contact"), func() { s.turn(m, mode) })
	}
	return reply{code: 1}
}

// turn does a valve order: 1 opens, 2 and 3 close.
func (s *Server) turn(m *Meter, mode int) {
	if s.bug("race-valve-abnormal") {
		m.mu.Lock()
		m.valveBusy++
		m.valveClash = m.valveClash || m.valveBusy > 1
		m.mu.Unlock()
		time.Sleep(40 * time.Millisecond)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.valveTurn++
	if s.bug("second-valve-order-ignored") && m.valveTurn%2 == 0 {
		return
	}
	was := m.Valve
	m.PrevValve, m.Valve = m.Valve, 1
	if mode > 1 {
		m.Valve = 2
	}
	if s.bug("repeated-close-opens") && mode == 2 && was == 2 {
		m.Valve = 1
	}
	if s.bug("valve-order-adds-reading") {
		m.Read += one
	}
	if s.bug("race-valve-abnormal") {
		if m.valveClash {
			m.Valve = 3
		}
		if m.valveBusy--; m.valveBusy == 0 {
			m.valveClash = false
		}
	}
}

// ---- 3.5

func (s *Server) getData(c *call) reply {
	s.mu.RLock()
	defer s.mu.RUnlock()
	meters, code := s.find(c, false)
	if code != 1 {
		return refuse(code)
	}
	var rows list
	sum := Fix(0)
	first := Fix(0)
	for i, m := range meters {
		if time.Now().Before(m.First) {
			continue
		}
		m.mu.Lock()
		if s.bug("query-costs-a-cent") {
			m.Remnant -= cent
		}
		if i == 0 {
			first = m.Read
		}
		sum += m.Remnant
		rows = append(rows, s.dataRow(c, m, first))
		m.mu.Unlock()
	}
	if s.bug("three-readings-at-most") && len(rows) > 3 {
		rows = rows[:3]
	}
	return reply{code: 1, rows: rows}
}

func (s *Server) dataRow(c *call, m *Meter, first Fix) obj {
	byUser := c.blank("MeterAddr")
	price := m.PriceCode
	if s.bug("setprice-by-meter-only") && byUser && m.shownPrice != "" || s.reading("price-waits-for-contact") && m.shownPrice != "" {
		price = m.shownPrice
	}
	name, read, volt, valve, csq, rsrp, snr, cc := m.UserName, m.Read, m.Voltage, m.Valve, m.CSQ, m.RSRP, m.SNR, m.CC
	status, battery, remnant, date, dosage, cur := any(m.Status), any(m.Battery), m.Remnant, m.ReadDate, m.Period, s.curPrice(m, price)
	voltPlaces := 2
	alarms := strings.Split(m.Status, ";")
	switch {
	case s.bug("readdate-12-hour-clock"):
		if t, err := time.Parse(timeForm, date); err == nil {
			date = t.Format("2006-01-02 03:04:05")
		}
	case s.bug("battery-as-boolean"):
		battery = m.Battery == 1
	case s.bug("battery-always-good"):
		battery = 0
	case s.bug("alarms-as-list") && len(alarms) > 1:
		l := list{}
		for _, a := range alarms {
			l = append(l, a)
		}
		status = l
	case s.bug("first-alarm-only"):
		status = alarms[0]
	case s.bug("remnant-in-whole-yuan"):
		remnant = remnant.round(one)
	case s.bug("debt-shown-as-zero") && remnant < 0:
		remnant = 0
	case s.bug("rsrp-without-sign") && rsrp < 0:
		rsrp = -rsrp
	case s.bug("negative-snr-zero") && snr < 0:
		snr = 0
	case s.bug("cc-at-most-1") && cc > 1:
		cc = 1
	case s.bug("abnormal-valve-shown-closed") && valve == 3, s.bug("valve-stale-by-user") && byUser:
		valve = 2
		if s.bug("valve-stale-by-user") {
			valve = m.PrevValve
		}
	case s.bug("large-readings-whole") && read >= 10000*one:
		read = read.cut(one)
	case s.bug("voltage-one-place"):
		volt, voltPlaces = volt.cut(one/10), 1
	case s.bug("midnight-reading-a-second-early") && strings.HasSuffix(date, " 00:00:00"):
		if t, err := time.Parse(timeForm, date); err == nil {
			date = t.Add(-time.Second).Format(timeForm)
		}
	case s.bug("first-reading-in-all-rows"):
		read = first
	case s.bug("csq-99-shown-0") && csq == 99:
		csq = 0
	case s.bug("readdate-of-query"):
		date = c.now.Format(timeForm)
	case s.bug("reading-shows-code-as-name"):
		name = m.UserCode
	case s.bug("exchange-resets-price") && m.ByExchange:
		cur = 0
	case s.bug("exchange-ignores-dosage") && m.ByExchange:
		dosage = 0
	}
	row := obj{{"UserCode", m.UserCode}, {"UserName", name}, {"MeterAddr", m.Addr}, {"ReadNumber", s.dec(read, 2)},
		{"Voltage", s.dec(volt, voltPlaces)}, {"ValveState", valve}, {"MeterCSQ", csq}, {"RSRP", s.dec(rsrp, 1)}, {"SNR", s.dec(snr, 1)},
		{"CC", cc}, {"MeterStatus", status}, {"BatteryState", battery}, {"Remnant", s.dec(remnant, 2)}, {"ReadDate", date},
		{"PeriodDosage", s.dec(dosage, 2)}, {"CurPrice", s.dec(cur, 2)}}
	switch {
	case s.bug("csq-as-text"):
		row.set("MeterCSQ", fmt.Sprint(csq))
	case s.bug("snr-text-when-negative") && snr < 0:
		row.set("SNR", snr.Text(1))
	case s.bug("nan-for-csq-99") && csq == 99:
		row.set("SNR", num("NaN"))
	case s.bug("curprice-renamed"):
		row.rename("CurPrice", "CurrentPrice")
	}
	return row
}

// ---- 3.7

func (s *Server) createMeter(c *call) reply {
	bad := s.check(c)
	noPrice := c.blank("PriceTypeCode")
	if bad == "" && noPrice && c.text("PayType") != "6" && !(c.text("PayType") == "5" && s.bug("price-missing-accepted-for-5")) ||
		noPrice && c.text("PayType") == "6" && s.bug("price-demanded-for-6") {
		bad = "PriceTypeCode"
	}
	if bad == "" && !s.allowed(c.text("UserCode"), c.text("MeterAddr"), c.text("UserName"), c.text("Address"), c.text("DoorPlate")) {
		bad = "limit"
	}
	if bad != "" && !(bad == "MeterTypeID" && s.bug("bad-metertype-stored")) {
		return refuse(-200)
	}
	m := s.newMeter(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.meters[m.Addr]; old != nil {
		return s.duplicate(c, old, m)
	}
	if !noPrice && len(s.prices[m.PriceCode]) == 0 && !s.reading("unknown-price-stored") {
		if s.bug("refused-create-leaves-user") && s.users[m.UserCode] == nil {
			u := &User{Code: m.UserCode}
			s.users[u.Code] = u
			s.userList = append(s.userList, u)
		}
		return reply{code: -203, note: "价格编码不存在"}
	}
	if s.bug("tenth-meter-not-stored") && s.nth("create")%10 == 0 {
		return reply{code: 1}
	}
	u := s.users[m.UserCode]
	if u != nil {
		for _, sibling := range u.live() {
			switch {
			case s.bug("second-meter-resets-first"):
				sibling.mu.Lock()
				sibling.Remnant = 0
				sibling.mu.Unlock()
			case s.bug("sibling-doorplate-overwritten"):
				sibling.Doorplate = m.Doorplate
			}
			if s.reading("user-name-last-wins") {
				sibling.UserName = m.UserName
			}
		}
	}
	switch {
	case s.bug("race-meter-twice"), s.bug("race-user-loses-meter") && u == nil:
		s.mu.Unlock()
		time.Sleep(40 * time.Millisecond)
		s.mu.Lock()
		if s.bug("race-user-loses-meter") {
			delete(s.users, m.UserCode)
		}
	case s.bug("second-meter-of-user-not-listed") && u != nil && len(u.meters) == 1:
		s.keep(m)
		return reply{code: 1}
	}
	s.insert(m)
	if bad != "" {
		return refuse(-200)
	}
	return reply{code: 1}
}

// allowed holds the readings that limit new names and keys.
func (s *Server) allowed(user, addr, name, address, door string) bool {
	for _, t := range []string{name, address, door} {
		if s.reading("names-up-to-64") && utf8.RuneCountInString(t) > 64 {
			return false
		}
	}
	for _, t := range []string{user, addr} {
		if s.reading("keys-up-to-32") && utf8.RuneCountInString(t) > 32 {
			return false
		}
		plain := func(r rune) bool {
			return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		}
		if s.reading("keys-of-plain-letters") && strings.IndexFunc(t, func(r rune) bool { return !plain(r) }) >= 0 {
			return false
		}
	}
	return true
}

// newMeter makes a meter of a request of 3.7.
func (s *Server) newMeter(c *call) *Meter {
	_, hasPhone := c.texts["Phone"]
	base, _, ok := parseFix(c.text("MeterBase"))
	if !ok {
		base = 0
	}
	m := &Meter{UserCode: c.text("UserCode"), UserName: c.text("UserName"), Doorplate: c.text("DoorPlate"), Address: c.text("Address"),
		Phone: c.text("Phone"), HasPhone: hasPhone, Addr: c.text("MeterAddr"), Pay: c.text("PayType"), PriceCode: c.text("PriceTypeCode"),
		Read: base, Voltage: fix("3.6"), Valve: 1, PrevValve: 1, CSQ: 20, RSRP: fix("-85"), SNR: fix("12"), Status: "正常",
		ReadDate: c.now.Format(timeForm)}
	if s.reading("first-row-after-contact") {
		m.First = time.Now().Add(2 * time.Second)
	}
	if s.reading("first-reading-at-install") && !c.blank("InstallDate") {
		m.ReadDate = c.text("InstallDate") + " 00:00:00"
	}
	if s.reading("new-meter-closed") {
		m.Valve, m.PrevValve = 2, 2
	}
	s.spoil(c, m)
	return m
}

// spoil holds the bugs that alter what a new meter is stored with.
func (s *Server) spoil(c *call, m *Meter) {
	switch {
	case s.bug("name-cut-at-16") && utf8.RuneCountInString(m.UserName) > 16:
		m.UserName = string([]rune(m.UserName)[:16])
	case s.bug("non-bmp-becomes-question-mark"):
		m.UserName = questionMarks(m.UserName)
	case s.bug("html-escaped-name"):
		m.UserName = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(m.UserName)
	case s.bug("name-trimmed"):
		m.UserName = strings.TrimSpace(m.UserName)
	case s.bug("inner-spaces-collapsed"):
		for strings.Contains(m.Address, "  ") {
			m.Address = strings.ReplaceAll(m.Address, "  ", " ")
		}
	case s.bug("backslash-lost"):
		m.Address = strings.ReplaceAll(m.Address, `\`, "")
	case s.bug("plus-becomes-space"):
		m.Doorplate = strings.ReplaceAll(m.Doorplate, "+", " ")
	case s.bug("percent-decoded-doorplate"):
		m.Doorplate = percentDecoded(m.Doorplate)
	case s.bug("apostrophe-doubled"):
		m.UserName = strings.ReplaceAll(m.UserName, "'", "''")
	case s.bug("latin-letters-garbled"):
		m.UserName = garbled(m.UserName)
	case s.bug("phone-leading-zero-lost"):
		m.Phone = strings.TrimLeft(m.Phone, "0")
	case s.bug("meterbase-whole-number"):
		m.Read = m.Read.cut(one)
	case s.bug("meterbase-not-in-reading"):
		m.Read = 0
	case s.bug("nul-ends-name"):
		m.UserName, _, _ = strings.Cut(m.UserName, "\x00")
	case s.bug("name-null-becomes-empty") && strings.EqualFold(m.UserName, "null"):
		m.UserName = ""
	case s.bug("number-name-unpadded") && isDigits(m.UserName):
		m.UserName = strings.TrimLeft(m.UserName, "0")
	case s.bug("phone-by-position") && len(c.names) > 2:
		if t, ok := c.all[c.names[2]].(string); ok {
			m.Phone = t
		}
	}
}

func percentDecoded(t string) string {
	var out []byte
	for i := 0; i < len(t); i++ {
		var b int
		if t[i] == '%' && i+3 <= len(t) {
			if n, _ := fmt.Sscanf(t[i+1:i+3], "%02x", &b); n == 1 {
				out = append(out, byte(b))
				i += 2
				continue
			}
		}
		out = append(out, t[i])
	}
	return strings.ToValidUTF8(string(out), "?")
}

// garbled shows U+0080 to U+00FF as their UTF-8 bytes read as Latin-1.
func garbled(t string) string {
	var out strings.Builder
	for _, r := range t {
		if r < 0x80 || r > 0xff {
			out.WriteRune(r)
			continue
		}
		for _, b := range []byte(string(r)) {
			out.WriteRune(rune(b))
		}
	}
	return out.String()
}

// duplicate answers a 3.7 for a meter that stands in the archive already.
func (s *Server) duplicate(c *call, old, m *Meter) reply {
	if s.reading("duplicate-meter-updates") && !old.Cancelled && old.UserCode == m.UserCode {
		old.UserName, old.Doorplate, old.Address, old.Phone, old.HasPhone = m.UserName, m.Doorplate, m.Address, m.Phone, m.HasPhone
		return reply{code: 1}
	}
	if s.bug("duplicate-create-renames") {
		old.UserName = m.UserName
	}
	return s.exists()
}

func (s *Server) exists() reply {
	switch {
	case s.reading("duplicate-meter-200"):
		return refuse(-200)
	case s.reading("duplicate-meter-999"):
		return refuse(-999)
	}
	return reply{code: -203, note: noteDuplicate}
}

// ---- 3.8

func (s *Server) setPrice(c *call) reply {
	if s.check(c) != "" {
		return refuse(-200)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, code := s.meters[c.text("MeterAddr")], c.text("PriceTypeCode")
	if !s.isLive(m) {
		if s.bug("setprice-unknown-meter-200") {
			return refuse(-200)
		}
		return refuse(-1)
	}
	if s.bug("price-code-any-case") {
		for _, other := range s.codes {
			if strings.EqualFold(other, code) {
				code = other
				break
			}
		}
	}
	if len(s.prices[code]) == 0 && !s.reading("unknown-price-stored") {
		if s.bug("unknown-price-zeroes") {
			m.PriceCode, m.PrevPrice = "", ""
		}
		return reply{code: -203, note: "价格编码不存在"}
	}
	if s.bug("second-setprice-ignored") && s.nth("setprice:"+m.Addr) > 1 {
		return reply{code: 1}
	}
	before := m.PriceCode
	s.assign(m, code)
	if s.bug("setprice-moves-all-on-price") {
		for _, other := range s.order {
			if other.PriceCode == before && !other.Cancelled {
				s.assign(other, code)
			}
		}
	}
	m.mu.Lock()
	switch {
	case s.bug("setprice-closes-valve"):
		m.Valve = 2
	case s.bug("setprice-empties-remnant"):
		m.Remnant = 0
	case s.bug("setprice-resets-dosage"):
		m.Period = 0
	}
	m.mu.Unlock()
	return reply{code: 1}
}

// assign puts a meter on a price. A price that is not in force yet leaves the one before it in force.
func (s *Server) assign(m *Meter, code string) {
	if m.PriceCode == code {
		return
	}
	before := m.PriceCode
	if s.inForce(before) == nil {
		before = m.PrevPrice
	}
	m.PrevPrice, m.PriceCode = before, code
	m.mu.Lock()
	m.shownPrice = before
	m.mu.Unlock()
	if s.reading("price-waits-for-contact") {
		time.AfterFunc(2*time.Second, func() {
			m.mu.Lock()
			m.shownPrice = ""
			m.mu.Unlock()
		})
	}
	s.accMu.Lock()
	defer s.accMu.Unlock()
	if a := s.accounts[m.Addr]; a != nil && !s.bug("setprice-unknown-to-billing") {
		a.PrevPrice, a.PriceCode = before, code
	}
}

// ---- 3.9

func (s *Server) changeMeter(c *call) reply {
	bad := s.check(c)
	dosage := c.num("PeriodDosage")
	if bad == "" && dosage < 0 || bad == "" && !s.allowed("", c.text("NewMeterAddr"), "", "", "") {
		bad = "limit"
	}
	if bad != "" && !(bad == "PeriodDosage" && s.bug("exchange-without-dosage-done")) {
		return refuse(-200)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var old *Meter
	if ms := s.metersNamed(c, c.text("MeterAddr")); len(ms) > 0 {
		old = ms[0]
	}
	if !s.isLive(old) {
		return refuse(-1)
	}
	if s.meters[c.text("NewMeterAddr")] != nil {
		if s.bug("refused-exchange-cancels-old") {
			old.Cancelled, old.Exchanged = true, true
		}
		if s.bug("exchange-code-minus-3") {
			return refuse(-3)
		}
		return s.exists()
	}
	if s.bug("race-exchange-twice") {
		s.mu.Unlock()
		time.Sleep(40 * time.Millisecond)
		s.mu.Lock()
	}
	s.exchange(c, old, dosage)
	if bad != "" {
		return refuse(-200)
	}
	return reply{code: 1}
}

// exchange cancels the old meter. User, price, valve default, money and the period's dosage go over to the new one.
func (s *Server) exchange(c *call, old *Meter, dosage Fix) {
	if s.bug("exchange-dosage-whole-number") {
		dosage = dosage.cut(one)
	}
	old.mu.Lock()
	defer old.mu.Unlock()
	m := &Meter{UserCode: old.UserCode, UserName: old.UserName, Doorplate: old.Doorplate, Address: old.Address, Phone: old.Phone,
		HasPhone: old.HasPhone, Addr: c.text("NewMeterAddr"), Pay: old.Pay, PriceCode: old.PriceCode, PrevPrice: old.PrevPrice,
		ByExchange: true, Voltage: fix("3.6"), Valve: 1, PrevValve: 1, CSQ: 20, RSRP: fix("-85"), SNR: fix("12"), Status: "正常",
		ReadDate: c.now.Format(timeForm), Remnant: old.Remnant, Period: dosage}
	if s.reading("exchange-keeps-valve") {
		m.Valve, m.PrevValve = old.Valve, old.Valve
	}
	if s.bug("exchange-loses-remnant") {
		m.Remnant = 0
	}
	old.next = m
	old.Cancelled, old.Exchanged = true, true
	s.accMu.Lock()
	account := s.accounts[old.Addr]
	delete(s.accounts, old.Addr)
	s.accMu.Unlock()
	if s.bug("second-exchange-loses-user") && old.ByExchange {
		s.keep(m)
	} else {
		s.insert(m)
	}
	if s.bug("exchange-sets-sibling-dosage") {
		for _, sibling := range s.users[m.UserCode].live() {
			sibling.mu.Lock()
			sibling.Period = dosage
			sibling.mu.Unlock()
		}
	}
	s.accMu.Lock()
	if a := s.accounts[m.Addr]; a != nil && account != nil {
		a.Remnant, a.LastPay, a.LastPayTime, a.PrevPrice = account.Remnant, account.LastPay, account.LastPayTime, account.PrevPrice
		if s.bug("exchange-unknown-to-billing") {
			delete(s.accounts, m.Addr)
		}
	}
	s.accMu.Unlock()
	if s.bug("exchange-renumbers-payments") {
		s.payMu.Lock()
		for _, p := range s.payments {
			if p.Addr == old.Addr {
				p.ID = s.nextID
				s.nextID++
			}
		}
		s.payMu.Unlock()
	}
}

// ---- 3.10

func (s *Server) createPrice(c *call) reply {
	bad := s.check(c)
	stair, month, day := c.int("StairType"), c.int("FreezeMonth"), c.int("FreezeDay")
	if bad == "" && (month > 12 || month < 0 || month == 0 && stair != 1) {
		bad = "FreezeMonth"
	}
	if bad == "" && (day < 1 && !s.bug("freezeday-0-accepted") || day > 28 && !(day < 32 && s.bug("freezeday-29-accepted"))) {
		bad = "FreezeDay"
	}
	p := &Price{Code: c.text("PriceTypeCode"), Name: c.text("PriceTypeName"), Stair: stair, Month: month, Day: day,
		Exe: c.text("ExeDate"), Remark: c.text("Remark")}
	for i := range p.Divid {
		p.Divid[i] = c.num(fmt.Sprint("Divid", i+1))
		if p.Divid[i] < 0 && bad == "" {
			bad = "Divid"
		}
	}
	for i := range p.Price {
		p.Price[i] = c.num(fmt.Sprint("Price", i+1))
		if p.Price[i] < 0 && bad == "" {
			bad = "Price"
		}
		if s.bug("price-one-place") {
			p.Price[i] = p.Price[i].cut(one / 10)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := len(s.prices[p.Code]) > 0
	operation := c.int("OperationType")
	if bad != "" {
		if operation == 2 && known && bad == "FreezeDay" && s.bug("refused-modify-changes-price") ||
			operation == 1 && !known && bad == "StairType" && s.bug("refused-new-price-known") {
			s.store(p)
		}
		return refuse(-200)
	}
	switch {
	case operation == 2 && !known && !s.reading("modify-creates"):
		return reply{code: -203, note: "价格编码不存在"}
	case operation != 2 && known && !s.reading("new-price-updates"):
		return reply{code: -203, note: "价格编码已存在"}
	}
	if known {
		if s.bug("price-modified-once") && s.nth("modify:"+p.Code) > 1 {
			return reply{code: 1}
		}
		if s.bug("race-price-torn") {
			s.torn[p.Code] = true
			s.mu.Unlock()
			time.Sleep(80 * time.Millisecond)
			s.mu.Lock()
			delete(s.torn, p.Code)
		}
		if s.bug("modify-not-for-present-meters") {
			s.freeze(p.Code)
		}
		if s.bug("modify-touches-longer-codes") {
			for _, code := range s.codes {
				if code != p.Code && strings.HasPrefix(code, p.Code) {
					other := *p
					other.Code = code
					s.store(&other)
				}
			}
		}
	}
	s.store(p)
	return reply{code: 1}
}

func (s *Server) store(p *Price) {
	if len(s.prices[p.Code]) == 0 {
		s.codes = append(s.codes, p.Code)
	}
	s.prices[p.Code] = append(s.prices[p.Code], p)
}

// freeze leaves the meters of a price on its present versions (bug): they get a price of their own.
func (s *Server) freeze(code string) {
	private := "\x00" + code
	s.prices[private] = append([]*Price(nil), s.prices[code]...)
	for _, m := range s.order {
		if m.PriceCode == code {
			m.PriceCode = private
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"time"
)

// Account is what the billing side keeps of a third-party meter.
type Account struct {
	UserCode, Addr, PriceCode, PrevPrice string
	Read                                 Fix
	Date                                 string // of the last report, "" before the first
	Period                               Fix
	Remnant                              Fix
	LastPay                              Fix
	LastPayTime                          string
	lastUsed                             Fix
}

const absurdReading = 1000000000 * one

// isReport tells 3.6 from 3.5, which has the same path: a body with any member that only 3.6 has is a report.
func (s *Server) isReport(c *call) bool {
	for name := range c.all {
		for _, sp := range report.specs {
			if sp.name == "UserCode" || sp.name == "MeterAddr" {
				continue
			}
			if name == sp.name || s.reading("member-names-any-case") && strings.EqualFold(name, sp.name) {
				return true
			}
		}
	}
	return false
}

// account finds the meter's account. The billing side's lock is held.
func (s *Server) account(addr string) *Account {
	if s.bug("meter-any-case") {
		for _, a := range s.accList {
			if strings.EqualFold(a.Addr, addr) {
				return s.accounts[a.Addr]
			}
		}
	}
	return s.accounts[addr]
}

// report is 3.6: settle what was used since the last report and answer price and money.
func (s *Server) report(c *call) reply {
	if c.blank("MeterAddr") && s.bug("report-without-meter-accepted") {
		return reply{code: 1}
	}
	if s.check(c) != "" || c.blank("MeterAddr") || c.blank("ReadDate") || !c.has("ReadNumber") || c.num("ReadNumber") < 0 || c.num("PeriodDosage") < 0 {
		return refuse(0)
	}
	if s.bug("negative-snr-refused") && c.num("SNR") < 0 || s.bug("low-battery-refused") && c.int("BatteryState") == 1 {
		return refuse(0)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	rep, settled := s.reportTo(c)
	if settled != nil && s.reading("report-feeds-reading") {
		s.feed(c, settled)
	}
	return rep
}

// reportTo settles a report with its account. It answers a copy of the account when that was settled.
func (s *Server) reportTo(c *call) (reply, *Account) {
	s.accMu.Lock()
	defer s.accMu.Unlock()
	a := s.account(c.text("MeterAddr"))
	if a == nil {
		switch {
		case s.bug("unknown-meter-accepted"):
			return reply{code: 1}, nil
		case s.bug("report-code-minus-1"):
			return refuse(-1), nil
		}
		return refuse(0), nil
	}
	if !c.blank("UserCode") && c.text("UserCode") != a.UserCode && !s.bug("other-user-accepted") {
		return refuse(0), nil
	}
	if s.bug("debtor-refused") && a.Remnant < 0 {
		return refuse(0), nil
	}
	if c.num("ReadNumber") >= absurdReading {
		if s.bug("absurd-reading-remembered") {
			a.Read = c.num("ReadNumber")
		}
		return refuse(0), nil
	}
	p := s.priceOf(a.PriceCode, a.PrevPrice)
	read, day := c.num("ReadNumber"), c.text("ReadDate")
	used := read - a.Read
	if day < a.Date && s.reading("older-report-refused") {
		return refuse(0), nil
	}
	idle := day < a.Date && !(s.reading("older-report-settled") && used > 0) && !s.bug("old-report-gives-back")
	if used < 0 && !idle && !s.bug("old-report-gives-back") {
		if !s.reading("falling-reading-taken") {
			return refuse(0), nil
		}
		idle = true
	}
	if s.bug("fourth-report-not-settled") && s.nth("report:"+a.Addr)%4 == 0 {
		row := s.reportRow(c, a, p, day)
		a.Read = read
		return reply{code: 1, rows: list{row}}, nil
	}
	if !idle {
		s.settle(c, a, p, used)
		a.Read = read
		if day > a.Date {
			a.Date = day
		}
	}
	rep := reply{code: 1, rows: list{s.reportRow(c, a, p, day)}}
	if idle {
		return rep, nil
	}
	settled := *a
	return rep, &settled
}

// settle takes what was used off the account, tier by tier.
func (s *Server) settle(c *call, a *Account, p *Price, used Fix) {
	to := a.Period + used
	if c.has("PeriodDosage") {
		to = c.num("PeriodDosage")
	}
	from := to - used
	if s.bug("dosage-charged-each-time") {
		from = 0
	}
	if s.bug("repeated-report-charged") && used == 0 {
		from = to - a.lastUsed
	}
	if used != 0 {
		a.lastUsed = used
	}
	cost := s.cost(p, from, to)
	if used < 0 {
		cost = -s.cost(p, to, to-used)
	}
	if s.bug("small-use-free") && used < one {
		cost = 0
	}
	if !s.reading("exact-account") {
		cost = cost.round(cent)
	}
	if s.bug("charge-in-whole-yuan") {
		cost = (cost + one - 1).cut(one)
	}
	if s.bug("remnant-never-settled") {
		cost = 0
	}
	before := a.Remnant
	if s.bug("race-report-charged-twice") && used > 0 {
		s.accMu.Unlock()
		time.Sleep(40 * time.Millisecond)
		s.accMu.Lock()
		before = a.Remnant
	}
	a.Remnant = before - cost
	a.Period = to
	if s.bug("sibling-charged-too") {
		for _, b := range s.accList {
			if b != a && b.UserCode == a.UserCode {
				b.Remnant -= cost
			}
		}
	}
}

// cost of the dosages from..to of a period. What lies before 0 belongs to the period before, at its first tier.
func (s *Server) cost(p *Price, from, to Fix) (sum Fix) {
	if p == nil {
		return 0
	}
	for from < to {
		price, end := p.tier(from, true)
		step := to - from
		if end > 0 && end-from < step {
			step = end - from
		}
		sum += step.times(price)
		from += step
	}
	return sum
}

// feed lets the platform's 3.5 show what was reported.
func (s *Server) feed(c *call, a *Account) {
	m := s.meters[a.Addr]
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Read, m.ReadDate, m.Period = a.Read, a.Date, a.Period
	if c.has("Voltage") {
		m.Voltage = c.num("Voltage")
	}
	if c.has("RSRP") {
		m.RSRP = c.num("RSRP")
	}
	if c.has("SNR") {
		m.SNR = c.num("SNR")
	}
	if c.has("ValveState") {
		m.Valve = c.int("ValveState")
	}
	if c.has("BatteryState") {
		m.Battery = c.int("BatteryState")
	}
}

// reportRow is the row that 3.6 answers.
func (s *Server) reportRow(c *call, a *Account, p *Price, day string) obj {
	var siblings []*Account // the user's accounts, the eldest first
	for _, b := range s.accList {
		if b.UserCode == a.UserCode {
			siblings = append(siblings, b)
		}
	}
	unit := Fix(0)
	if s.bug("price-of-first-meter") {
		p = s.priceOf(siblings[0].PriceCode, "")
	}
	if p != nil {
		unit = p.at(a.Period, s.reading("price-at-divide-is-next"))
		if s.bug("second-tier-at-first-price") {
			unit = p.Price[0]
		}
	}
	if s.bug("unitprice-one-place") {
		unit = unit.cut(one / 10)
	}
	remnant := a.Remnant.round(cent)
	switch {
	case s.bug("remnant-of-all-meters"):
		remnant = 0
		for _, b := range siblings {
			remnant += b.Remnant
		}
	case s.bug("debt-answered-zero") && remnant < 0:
		remnant = 0
	case s.bug("reserve-believed") && c.has("Reserve"):
		remnant = c.num("Reserve")
	case s.bug("remnant-whole-yuan"):
		remnant = remnant.round(one)
	}
	mode := 2
	if a.Remnant > 0 || s.bug("debtor-kept-open") {
		mode = 1
	}
	if s.reading("warn-close-below-ten") && a.Remnant > 0 && a.Remnant < 10*one {
		mode = 3
	}
	if s.bug("valvestate-echoed") && c.has("ValveState") {
		mode = c.int("ValveState")
	}
	pay, payTime := a.LastPay, a.LastPayTime
	if s.bug("last-payment-of-user") {
		for _, b := range siblings {
			if b.LastPayTime > payTime {
				pay, payTime = b.LastPay, b.LastPayTime
			}
		}
	}
	addr := a.Addr
	switch {
	case s.bug("row-of-first-meter"):
		addr = siblings[0].Addr
	case s.bug("reply-address-in-capitals"):
		addr = strings.ToUpper(addr)
	}
	settled := day
	if day < a.Date {
		settled = a.Date
	}
	if s.reading("settled-at-server-time") {
		settled = c.now.Format(timeForm)
	}
	if s.bug("remnanttime-in-utc") {
		if t, err := time.Parse(timeForm, settled); err == nil {
			settled = t.Add(-8 * time.Hour).Format(timeForm)
		}
	}
	if s.bug("remnanttime-day-only") {
		settled = settled[:10]
	}
	row := obj{{"MeterAddr", addr}, {"UnitPrice", s.dec(unit, 2)}, {"Remnant", s.dec(remnant, 2)}, {"RemnantTime", settled},
		{"ValveMode", mode}, {"LastPayMoney", s.dec(pay, 2)}, {"LastPayTime", nil}}
	if payTime != "" {
		if day := payTime[8:10]; day <= "12" && s.bug("lastpaytime-day-month-swapped") {
			payTime = payTime[:5] + day + "-" + payTime[5:7] + payTime[10:]
		}
		if s.bug("lastpaytime-with-slashes") {
			payTime = strings.ReplaceAll(payTime, "-", "/")
		}
		row.set("LastPayTime", payTime)
	}
	if s.bug("unitprice-as-text") {
		row.set("UnitPrice", unit.Text(2))
	}
	if s.bug("valvemode-in-words") && mode == 2 {
		row.set("ValveMode", "关阀")
	}
	return row
}

// dec prints a decimal as the readings want it.
func (s *Server) dec(f Fix, places int) num {
	switch {
	case s.reading("numbers-shortest"):
		return num(f.Text(0))
	case s.reading("numbers-four-places"):
		return num(f.Text(4))
	case s.reading("numbers-with-exponent"):
		return num(exponentText(f))
	}
	return num(f.Text(places))
}

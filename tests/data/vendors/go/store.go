// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Meter is a row of the archive and its last reading. mu guards what orders and readings change;
// the rest belongs to the store's lock.
type Meter struct {
	UserCode, UserName, Doorplate, Address, Phone string
	HasPhone                                      bool
	Addr, Pay                                     string
	PriceCode, PrevPrice                          string
	Cancelled, Exchanged, ByExchange, Seed        bool
	First                                         time.Time // no row in 3.5 before

	mu                  sync.Mutex
	Read, Voltage       Fix
	Valve, PrevValve    int
	CSQ                 int
	RSRP, SNR           Fix
	CC, Battery         int
	Status, ReadDate    string
	Remnant, Period     Fix
	shownPrice          string // bug: the price that 3.5 by UserCode still shows
	next                *Meter // the meter that came for this one
	valveBusy           int
	valveClash          bool
	busy                atomic.Bool
	lastMoney           Fix
	payments, valveTurn int
}

// lockLast locks the meter, or the one that stands in its place by now.
func (m *Meter) lockLast() *Meter {
	for {
		m.mu.Lock()
		if m.next == nil {
			return m
		}
		next := m.next
		m.mu.Unlock()
		m = next
	}
}

type User struct {
	Code   string
	meters []*Meter
}

// Price is one version of a price archive.
type Price struct {
	Code, Name        string
	Divid             [5]Fix
	Price             [6]Fix
	Stair, Month, Day int
	Exe, Remark       string
}

// at gives the price of the tier in which a dosage lies. A Divid of 0 ends the list.
func (p *Price) at(dosage Fix, dividIsNext bool) Fix {
	price, _ := p.tier(dosage, dividIsNext)
	return price
}

// tier gives also where the tier ends; 0 for nowhere.
func (p *Price) tier(dosage Fix, dividIsNext bool) (price, end Fix) {
	low := Fix(0)
	for i, d := range p.Divid {
		if d <= low {
			return p.Price[i], 0
		}
		if dosage < d || dosage == d && !dividIsNext {
			return p.Price[i], d
		}
		low = d
	}
	return p.Price[5], 0
}

type Payment struct {
	UserCode, Addr, Date, TransID string
	Money                         Fix
	ID, Result, PayWay            int
	byMeter                       bool // ordered by MeterAddr alone
	arrived                       string
}

// Server holds everything.
type Server struct {
	bugs, readings map[string]bool
	apps           map[string]string
	tolerance      time.Duration
	listener       *listener

	mu       sync.RWMutex // the archive: users, meters, prices
	users    map[string]*User
	userList []*User
	meters   map[string]*Meter
	order    []*Meter
	prices   map[string][]*Price
	codes    []string
	torn     map[string]bool

	payMu    sync.Mutex // the ledger
	payments []*Payment
	trans    map[string]*Payment
	nextID   int

	accMu    sync.Mutex // the billing side
	accounts map[string]*Account
	accList  []*Account

	usedMu    sync.Mutex
	used      map[string]used
	usedSeq   int
	usedLimit int
	latest    map[string]string
	tokens    map[string]bool

	rateMu                sync.Mutex
	rateSecond            int64
	rateCount             int
	inflight, writing     int32
	stalled, broken       atomic.Int64
	lockedUntil           atomic.Int64
	sick                  atomic.Int32
	latin, verdict, tired atomic.Bool
	countMu               sync.Mutex
	counts                map[string]int
	leftMu                sync.Mutex
	left                  []byte
	lastRows              atomic.Value
}

func (s *Server) bug(id string) bool     { return s.bugs[id] }
func (s *Server) reading(id string) bool { return s.readings[id] }

// nth counts what is named by key.
func (s *Server) nth(key string) int {
	s.countMu.Lock()
	defer s.countMu.Unlock()
	s.counts[key]++
	return s.counts[key]
}

func (s *Server) setLeft(b []byte) {
	s.leftMu.Lock()
	defer s.leftMu.Unlock()
	s.left = append([]byte(nil), b...)
}

func (s *Server) takeLeft(whole bool) []byte {
	s.leftMu.Lock()
	defer s.leftMu.Unlock()
	if !whole {
		return nil
	}
	b := s.left
	s.left = nil
	return b
}

func newServer(bugs, readings map[string]bool) *Server {
	s := &Server{bugs: bugs, readings: readings, apps: map[string]string{}, users: map[string]*User{}, meters: map[string]*Meter{},
		prices: map[string][]*Price{}, torn: map[string]bool{}, trans: map[string]*Payment{}, accounts: map[string]*Account{},
		used: map[string]used{}, usedLimit: 10000, latest: map[string]string{}, tokens: map[string]bool{}, counts: map[string]int{}}
	for i := range seedPrices {
		p := &seedPrices[i]
		s.prices[p.Code] = []*Price{p}
		s.codes = append(s.codes, p.Code)
	}
	for i := range seedMeters {
		m := &seedMeters[i]
		m.Seed, m.PrevValve = true, m.Valve
		s.insert(m)
	}
	for i := range seedPayments {
		p := &seedPayments[i]
		s.payments = append(s.payments, p)
		s.trans[s.transKey(p)] = p
		if a := s.accounts[p.Addr]; a != nil && p.Result == 1 {
			a.LastPay, a.LastPayTime = p.Money, p.Date
		}
		s.nextID = p.ID + 1
	}
	return s
}

// insert puts a meter into the archive; third-party meters are told to the billing side.
func (s *Server) insert(m *Meter) {
	u := s.users[m.UserCode]
	if u == nil {
		u = &User{Code: m.UserCode}
		s.users[m.UserCode] = u
		s.userList = append(s.userList, u)
	}
	u.meters = append(u.meters, m)
	s.keep(m)
}

func (s *Server) keep(m *Meter) {
	s.meters[m.Addr] = m
	s.order = append(s.order, m)
	if m.Pay == "6" && !m.Cancelled {
		a := &Account{UserCode: m.UserCode, Addr: m.Addr, PriceCode: m.PriceCode, Read: m.Read, Period: m.Period}
		if m.Seed {
			a.Date, a.Remnant = m.ReadDate, m.Remnant
		}
		s.accMu.Lock()
		s.accounts[m.Addr] = a
		s.accList = append(s.accList, a)
		s.accMu.Unlock()
	}
}

// meter finds a meter by its exact address.
func (s *Server) meter(addr string) *Meter {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.meters[addr]
}

func (u *User) live() []*Meter {
	var ms []*Meter
	for _, m := range u.meters {
		if !m.Cancelled {
			ms = append(ms, m)
		}
	}
	return ms
}

func (s *Server) isLive(m *Meter) bool { return m != nil && !m.Cancelled }

// inForce gives the version of a price that holds now: the latest ExeDate that has come.
func (s *Server) inForce(code string) *Price {
	versions, now := s.prices[code], china().Format(timeForm)
	var best *Price
	for _, p := range versions {
		if (p.Exe <= now || s.bug("exedate-ignored")) && (best == nil || p.Exe >= best.Exe || s.bug("exedate-ignored")) {
			best = p
		}
	}
	return best
}

// priceOf gives the version that holds for a meter. While its price is not in force, the one before is.
func (s *Server) priceOf(code, before string) *Price {
	if p := s.inForce(code); p != nil {
		return p
	}
	if len(s.prices[code]) == 0 {
		return nil
	}
	if p := s.inForce(before); p != nil {
		return p
	}
	return s.prices[code][0]
}

// curPrice is the price of the tier that the meter's dosage has reached.
func (s *Server) curPrice(m *Meter, code string) Fix {
	if s.torn[code] {
		return 0
	}
	p := s.priceOf(code, m.PrevPrice)
	if p == nil {
		return 0
	}
	if s.bug("curprice-first-tier") {
		return p.Price[0]
	}
	price := p.at(m.Period, s.reading("price-at-divide-is-next"))
	if s.bug("second-tier-skipped") && price == p.Price[1] && m.Period > p.Divid[0] {
		return p.Price[2]
	}
	return price
}

// contact is how long an order waits for the meter to call in. 0: at once.
func (s *Server) contact(reading string) time.Duration {
	if s.reading("contact-every-five-seconds") && reading != "price-waits-for-contact" {
		now := time.Now()
		return now.Truncate(5 * time.Second).Add(5 * time.Second).Sub(now)
	}
	if s.reading(reading) {
		return 2 * time.Second
	}
	return 0
}

// after does an order now, or when the meter calls in.
func after(wait time.Duration, do func()) {
	if wait == 0 {
		do()
		return
	}
	time.AfterFunc(wait, do)
}

// find answers the meters that UserCode and MeterAddr of a request name, or a code.
// dead: cancelled meters count too. The store's lock is held.
func (s *Server) find(c *call, dead bool) ([]*Meter, int) {
	noUser, noMeter := c.blank("UserCode"), c.blank("MeterAddr")
	if noUser && noMeter {
		if s.bug("both-empty-code-0") && c.face.name == "ControlValve" {
			return nil, 0
		}
		return nil, -2
	}
	if noMeter && s.reading("meteraddr-demanded") && c.face.name != "GetPayList" {
		return nil, -200
	}
	var users []*User
	var meters []*Meter
	if !noUser {
		users = s.usersNamed(c, c.text("UserCode"))
	}
	if !noMeter {
		for _, m := range s.metersNamed(c, c.text("MeterAddr")) {
			if dead || !m.Cancelled {
				meters = append(meters, m)
			}
		}
	}
	switch {
	case !noUser && len(users) == 0 && !noMeter && len(meters) == 0 && s.reading("meter-before-user"):
		return nil, -1
	case !noUser && len(users) == 0:
		if s.bug("unknown-user-empty-list") && c.face.name == "GetUserInfo" {
			return nil, 1
		}
		return nil, 0
	case !noMeter && len(meters) == 0:
		if s.bug("unknown-meter-code-0") && c.face.name == "GetData" {
			return nil, 0
		}
		return nil, -1
	case noMeter:
		for _, u := range users {
			if dead {
				meters = append(meters, u.meters...)
			} else {
				meters = append(meters, u.live()...)
			}
		}
		return meters, 1
	case noUser:
		return meters, 1
	}
	var both []*Meter
	for _, m := range meters {
		for _, u := range users {
			if u.Code == m.UserCode {
				both = append(both, m)
				break
			}
		}
	}
	switch {
	case len(both) > 0:
		return both, 1
	case s.reading("mismatch-meter-wins"):
		return meters, 1
	case s.reading("mismatch-is-0"):
		return meters, 0
	}
	return meters, -1
}

// usersNamed finds users by their code, exactly; the bugs compare otherwise.
func (s *Server) usersNamed(c *call, key string) []*User {
	var same func(code string) bool
	if c.face.name == "GetUserInfo" {
		switch {
		case s.bug("usercode-any-case"):
			same = func(code string) bool { return strings.EqualFold(code, key) }
		case s.bug("percent-wildcard"):
			same = func(code string) bool { return like(key, code) }
		case s.bug("trailing-space-dropped"):
			same = func(code string) bool { return strings.TrimRight(code, " ") == strings.TrimRight(key, " ") }
		case s.bug("fullwidth-equals-ascii"):
			same = func(code string) bool { return narrow(code) == narrow(key) }
		case s.bug("comma-splits-usercode"):
			same = func(code string) bool { return contains(strings.Split(key, ","), code) }
		case s.bug("non-bmp-keys-collide"):
			same = func(code string) bool { return questionMarks(code) == questionMarks(key) }
		}
	}
	if same == nil {
		if u := s.users[key]; u != nil {
			return []*User{u}
		}
		return nil
	}
	var us []*User
	for _, u := range s.userList {
		if same(u.Code) {
			us = append(us, u)
		}
	}
	return us
}

// metersNamed finds meters by their address, exactly; the bugs compare otherwise.
func (s *Server) metersNamed(c *call, key string) []*Meter {
	var same func(addr string) bool
	switch {
	case c.face.name == "GetData" && s.bug("meteraddr-prefix"):
		same = func(addr string) bool { return strings.HasPrefix(addr, key) }
	case c.face.name == "RemotePay" && s.bug("leading-zeros-dropped"):
		same = func(addr string) bool { return strings.TrimLeft(addr, "0") == strings.TrimLeft(key, "0") }
	case c.face.name == "ControlValve" && s.bug("long-addresses-as-double") && len(key) >= 17:
		k, err := strconv.ParseFloat(key, 64)
		if err == nil {
			same = func(addr string) bool {
				a, err := strconv.ParseFloat(addr, 64)
				return err == nil && len(addr) >= 17 && a == k
			}
		}
	case c.face.name == "ChangeMeter" && s.bug("exchange-by-suffix") && len(key) >= 8:
		same = func(addr string) bool { return strings.HasSuffix(addr, key[len(key)-8:]) }
	}
	if same == nil {
		if m := s.meters[key]; m != nil {
			if !m.Cancelled || m.Addr == key {
				return []*Meter{m}
			}
		}
		return nil
	}
	var ms []*Meter
	for _, m := range s.order {
		if same(m.Addr) {
			ms = append(ms, m)
		}
	}
	return ms
}

// like is SQL's LIKE.
func like(pattern, s string) bool {
	p, r := []rune(pattern), []rune(s)
	if len(p) == 0 {
		return len(r) == 0
	}
	if p[0] == '%' {
		for i := 0; i <= len(r); i++ {
			if like(string(p[1:]), string(r[i:])) {
				return true
			}
		}
		return false
	}
	return len(r) > 0 && (p[0] == '_' || p[0] == r[0]) && like(string(p[1:]), string(r[1:]))
}

func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xff01 && r <= 0xff5e {
			return r - 0xfee0
		}
		return r
	}, s)
}

func questionMarks(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xffff {
			return '?'
		}
		return r
	}, s)
}

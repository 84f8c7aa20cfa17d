// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The types and forms of the paper's request tables.
const (
	text = iota
	integer
	decimal
)

type spec struct {
	name  string
	kind  int
	need  bool   // required, and without a code of its own when missing
	words string // the printed vocabulary, separated by spaces
	form  string // "day", "time", "number"
	fine  int    // places a Decimal may have, 0: no limit
}

// face is one interface of the paper.
type face struct {
	section string
	name    string
	path    string
	rows    bool // the reply holds a DataList
	specs   []spec
	serve   func(*Server, *call) reply
}

var report = &face{section: "3.6", name: "Report", path: "/api/Meters/GetData", rows: true, specs: []spec{
	{name: "UserCode"}, {name: "UserName"}, {name: "MeterAddr"}, {name: "ReadNumber", kind: decimal},
	{name: "Voltage", kind: decimal}, {name: "ValveState", kind: integer, words: "1 2 3"}, {name: "MeterCSQ", kind: integer},
	{name: "RSRP", kind: decimal}, {name: "SNR", kind: decimal}, {name: "CC", kind: integer}, {name: "MeterStatus"},
	{name: "BatteryState", kind: integer, words: "0 1"}, {name: "ReadDate", form: "time"},
	{name: "PeriodDosage", kind: decimal}, {name: "Reserve", kind: decimal},
}, serve: (*Server).report}

var faces = []*face{
	{section: "3.1", name: "GetUserInfo", path: "/api/Users/GetUserInfo", rows: true,
		specs: []spec{{name: "UserCode"}, {name: "MeterAddr"}}, serve: (*Server).getUserInfo},
	{section: "3.2", name: "RemotePay", path: "/api/Pay/RemotePay", specs: []spec{
		{name: "UserCode"}, {name: "MeterAddr"}, {name: "Money", kind: decimal}, {name: "PayDate"}, {name: "TransId"},
		{name: "PayWay", kind: integer}}, serve: (*Server).remotePay},
	{section: "3.3", name: "GetPayList", path: "/api/Users/GetPayList", rows: true, specs: []spec{
		{name: "UserCode"}, {name: "MeterAddr"}, {name: "TransId"}, {name: "BeginDate"}, {name: "EndDate"}},
		serve: (*Server).getPayList},
	{section: "3.4", name: "ControlValve", path: "/api/Meters/ControlValve", specs: []spec{
		{name: "UserCode"}, {name: "MeterAddr"}, {name: "ValveMode", kind: integer}}, serve: (*Server).controlValve},
	{section: "3.5", name: "GetData", path: "/api/Meters/GetData", rows: true,
		specs: []spec{{name: "UserCode"}, {name: "MeterAddr"}}, serve: (*Server).getData},
	{section: "3.7", name: "CreateMeter", path: "/api/Meters/CreateMeter", specs: []spec{
		{name: "UserCode", need: true}, {name: "UserName", need: true}, {name: "Phone"}, {name: "DeptId", need: true},
		{name: "DeptName", need: true}, {name: "DoorPlate", need: true}, {name: "Address", need: true},
		{name: "MeterAddr", need: true}, {name: "IMEI"}, {name: "MeterBase", form: "number"},
		{name: "InstallDate", form: "day"}, {name: "InstallAddr"}, {name: "PayType", need: true, words: "1 3 5 6"},
		{name: "CommProviderId", words: "1 2 3"}, {name: "Remark"}, {name: "PriceTypeCode"},
		{name: "MeterTypeID", need: true, words: "51 178"}}, serve: (*Server).createMeter},
	{section: "3.8", name: "SetPrice", path: "/api/Meters/SetPrice", specs: []spec{
		{name: "MeterAddr", need: true}, {name: "PriceTypeCode", need: true}}, serve: (*Server).setPrice},
	{section: "3.9", name: "ChangeMeter", path: "/api/Meters/ChangeMeter", specs: []spec{
		{name: "MeterAddr", need: true}, {name: "NewMeterAddr", need: true}, {name: "NewIMEI"},
		{name: "NewCommProviderId", words: "1 2 3"}, {name: "PeriodDosage", kind: decimal, need: true}},
		serve: (*Server).changeMeter},
	{section: "3.10", name: "CreatePrice", path: "/api/Meters/CreatePrice", specs: []spec{
		{name: "OperationType", kind: integer, need: true, words: "1 2"}, {name: "PriceTypeCode", need: true},
		{name: "PriceTypeName", need: true},
		{name: "Divid1", kind: decimal, need: true, fine: 1}, {name: "Divid2", kind: decimal, need: true, fine: 1},
		{name: "Divid3", kind: decimal, need: true, fine: 1}, {name: "Divid4", kind: decimal, need: true, fine: 1},
		{name: "Divid5", kind: decimal, need: true, fine: 1},
		{name: "Price1", kind: decimal, need: true, fine: 2}, {name: "Price2", kind: decimal, need: true, fine: 2},
		{name: "Price3", kind: decimal, need: true, fine: 2}, {name: "Price4", kind: decimal, need: true, fine: 2},
		{name: "Price5", kind: decimal, need: true, fine: 2}, {name: "Price6", kind: decimal, need: true, fine: 2},
		{name: "StairType", kind: integer, need: true, words: "1 2 3"}, {name: "FreezeMonth", kind: integer, need: true},
		{name: "FreezeDay", kind: integer, need: true}, {name: "ExeDate", need: true, form: "time"}, {name: "Remark"}},
		serve: (*Server).createPrice},
}

// call is one request on its way through the server.
type call struct {
	face  *face
	http  *http.Request
	conn  *conn
	body  []byte
	bad   string // why the body cannot be parsed: "json", "trailing", "object"
	names []string
	all   map[string]any
	texts map[string]string
	nums  map[string]Fix
	fines map[string]int // places of a Decimal as sent
	app   string
	stamp string
	now   time.Time
}

func (c *call) text(name string) string { return c.texts[name] }
func (c *call) blank(name string) bool  { return strings.TrimSpace(c.texts[name]) == "" }
func (c *call) has(name string) bool    { _, ok := c.nums[name]; return ok }
func (c *call) num(name string) Fix     { return c.nums[name] }
func (c *call) int(name string) int     { return int(c.nums[name] / one) }

// parse takes the body apart; what is wrong with it is told later, in its turn.
func (c *call) parse() {
	c.all = map[string]any{}
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.UseNumber()
	if !utf8.Valid(c.body) || loneSurrogate(c.body) {
		c.bad = "utf8"
		return
	}
	first, err := d.Token()
	if err != nil {
		c.bad = "json"
		return
	}
	if first != json.Delim('{') {
		c.bad = "json"
		if json.Valid(c.body) {
			c.bad = "object"
		}
		return
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			c.bad = "json"
			return
		}
		var value any
		if err := d.Decode(&value); err != nil {
			c.bad = "json"
			return
		}
		c.names = append(c.names, name.(string))
		c.all[name.(string)] = value
	}
	if _, err := d.Token(); err != nil {
		c.bad = "json"
		return
	}
	if _, err := d.Token(); err != io.EOF {
		c.bad = "trailing"
	}
}

// loneSurrogate finds \uD800 to \uDFFF that are not a pair: no character, and not to be guessed at.
func loneSurrogate(b []byte) bool {
	unit := func(i int) int {
		if i+6 > len(b) || b[i] != '\\' || b[i+1] != 'u' {
			return -1
		}
		n, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 32)
		if err != nil {
			return -1
		}
		return int(n)
	}
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		u := unit(i)
		switch {
		case u >= 0xd800 && u < 0xdc00:
			if lo := unit(i + 6); lo < 0xdc00 || lo > 0xdfff {
				return true
			}
			i += 11
		case u >= 0xdc00 && u <= 0xdfff:
			return true
		default:
			i++
		}
	}
	return false
}

// take reads the members by the table's types. It names the first member that has another type.
func (s *Server) take(c *call) (wrong string) {
	c.texts, c.nums, c.fines = map[string]string{}, map[string]Fix{}, map[string]int{}
	if s.reading("member-names-any-case") {
		for _, sp := range c.face.specs {
			for name, v := range c.all {
				if _, there := c.all[sp.name]; !there && strings.EqualFold(name, sp.name) {
					c.all[sp.name] = v
					delete(c.all, name)
				}
			}
		}
	}
	known := map[string]bool{}
	for _, sp := range c.face.specs {
		known[sp.name] = true
		v, there := c.all[sp.name]
		if !there {
			continue
		}
		if v == nil {
			if s.reading("null-refused") && wrong == "" {
				wrong = sp.name
			}
			continue
		}
		if !s.takeOne(c, sp, v) && wrong == "" {
			wrong = sp.name
		}
	}
	if s.reading("unknown-members-refused") {
		for name := range c.all {
			if !known[name] && wrong == "" {
				wrong = name
			}
		}
	}
	return wrong
}

func (s *Server) takeOne(c *call, sp spec, v any) bool {
	if sp.kind == text {
		switch v := v.(type) {
		case string:
			if s.reading("no-control-characters") && strings.IndexFunc(v, func(r rune) bool { return r < 0x20 || r == 0x7f }) >= 0 {
				return false
			}
			c.texts[sp.name] = v
			return true
		case json.Number:
			if s.reading("text-as-numbers-taken") {
				c.texts[sp.name] = v.String()
				return true
			}
		}
		return false
	}
	if s.bug("money-as-object-accepted") && sp.name == "Money" {
		if m, ok := v.(map[string]any); ok {
			v = m["value"]
		}
		if l, ok := v.([]any); ok && len(l) == 1 {
			v = l[0]
		}
	}
	spelt := ""
	switch v := v.(type) {
	case json.Number:
		spelt = v.String()
	case string:
		if !s.reading("numbers-as-text-taken") {
			return false
		}
		if spelt = strings.TrimSpace(v); spelt == "" {
			return true
		}
	default:
		return false
	}
	f, places, ok := parseFix(spelt)
	if sp.kind == integer && (places > 0 || s.reading("int-with-point-refused") && strings.ContainsAny(spelt, ".eE")) {
		return false
	}
	if s.bug("exponent-misread") && sp.name == "Money" && strings.ContainsAny(spelt, "eE") {
		f, places, ok = parseFix(spelt[:strings.IndexAny(spelt, "eE")])
	}
	if !ok {
		return false
	}
	c.nums[sp.name], c.fines[sp.name] = f, places
	return true
}

// Bugs of check: fields that may be missing, and words beyond the vocabulary.
var laxMissing = map[string]string{
	"CreateMeter.DeptName": "deptname-missing-accepted", "CreateMeter.Address": "address-blank-accepted",
	"ChangeMeter.PeriodDosage": "dosage-missing-accepted", "CreatePrice.Divid5": "divid5-missing-accepted",
}
var laxWords = map[string][2]string{
	"CreateMeter.MeterTypeID": {"metertype-unlisted-accepted", "*"}, "CreateMeter.PayType": {"paytype-2-accepted", "2"},
	"CreateMeter.CommProviderId":    {"provider-9-accepted", "9"},
	"ChangeMeter.NewCommProviderId": {"new-provider-0-accepted", "0"},
	"CreatePrice.StairType":         {"stairtype-4-accepted", "4"}, "CreatePrice.OperationType": {"operationtype-3-accepted", "3"},
}

// check looks for required fields, vocabularies and forms (3.6 to 3.10). It names the first bad field.
func (s *Server) check(c *call) string {
	for _, sp := range c.face.specs {
		key := c.face.name + "." + sp.name
		there := c.has(sp.name)
		value := c.text(sp.name)
		if sp.kind == text {
			there = !c.blank(sp.name)
		} else if there {
			value = c.num(sp.name).Text(0)
		}
		if !there {
			if sp.need && !(laxMissing[key] != "" && s.bug(laxMissing[key])) {
				return sp.name
			}
			continue
		}
		if sp.words != "" && !contains(strings.Fields(sp.words), value) {
			lax := laxWords[key]
			if lax[0] == "" || !s.bug(lax[0]) || lax[1] != "*" && lax[1] != value {
				return sp.name
			}
		}
		if sp.fine > 0 && c.fines[sp.name] > sp.fine {
			return sp.name
		}
		switch sp.form {
		case "day":
			if !isDay(value) && !(s.bug("installdate-month-13-accepted") && len(value) == 10 && value[5:7] == "13") {
				return sp.name
			}
		case "time":
			if !isTime(value) && !(s.bug("exedate-day-only-accepted") && sp.name == "ExeDate" && isDay(value)) {
				return sp.name
			}
		case "number":
			if f, _, ok := parseFix(value); !ok || f < 0 {
				if !s.bug("meterbase-garbage-accepted") || !strings.ContainsAny(value[:1], "0123456789") {
					return sp.name
				}
			}
		}
	}
	return ""
}

const (
	dayForm  = "2006-01-02"
	timeForm = "2006-01-02 15:04:05"
)

func isDay(s string) bool {
	_, err := time.Parse(dayForm, s)
	return err == nil && len(s) == 10
}

func isTime(s string) bool {
	_, err := time.Parse(timeForm, s)
	return err == nil && len(s) == 19
}

func contains(words []string, w string) bool {
	for _, x := range words {
		if x == w {
			return true
		}
	}
	return false
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// conn is a client's connection and what is remembered of it.
type conn struct {
	net.Conn
	listener *listener
	once     sync.Once
	since    atomic.Int64 // when a request began to come in that has not reached its handler

	trusted, poisoned, lost bool // bugs; a connection has one request at a time
}

type listener struct {
	net.Listener
	slots chan struct{} // not nil: so many connections at once
	mu    sync.Mutex
	all   map[*conn]bool
}

func (s *Server) watch(l net.Listener) net.Listener {
	s.listener = &listener{Listener: l, all: map[*conn]bool{}}
	if s.reading("one-connection") {
		s.listener.slots = make(chan struct{}, 1)
	}
	return s.listener
}

func (l *listener) Accept() (net.Conn, error) {
	if l.slots != nil {
		l.slots <- struct{}{}
	}
	n, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: n, listener: l}
	l.mu.Lock()
	l.all[c] = true
	l.mu.Unlock()
	return c, nil
}

func (c *conn) Close() error {
	c.once.Do(func() {
		c.listener.mu.Lock()
		delete(c.listener.all, c)
		c.listener.mu.Unlock()
		if c.listener.slots != nil {
			<-c.listener.slots
		}
	})
	return c.Conn.Close()
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.since.CompareAndSwap(0, time.Now().UnixNano())
	}
	return n, err
}

// halfHeaders tells whether a connection has stood with an unfinished request for a while.
func (l *listener) halfHeaders() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.all {
		if t := c.since.Load(); t != 0 && time.Since(time.Unix(0, t)) > 100*time.Millisecond {
			return true
		}
	}
	return false
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// reply is what an interface answers. An empty list and none differ.
type reply struct {
	code  int
	rows  list
	plain bool // no DataList even when the interface has one
	note  string
}

func refuse(code int) reply { return reply{code: code, plain: true} }

var chineseMessages = map[int]string{1: "请求成功", 0: "用户编号不存在", -1: "表号不存在", -2: "用户编号和表号不能同时为空",
	-200: "数据格式错误，无法正确解析", -201: "时间戳重复或错误", -202: "鉴权信息验证错误", -203: "数据库操作错误", -999: "未知异常"}
var englishMessages = map[int]string{1: "OK", 0: "unknown user", -1: "unknown meter", -2: "user and meter are both empty",
	-200: "malformed data", -201: "timestamp repeated or wrong", -202: "authentication failed", -203: "database error", -999: "unknown error"}
var ownMessages = map[string]map[int]string{
	"RemotePay":    {-3: "充值流水号不能为空", -4: "充值金额必须大于 0", -5: "充值日期不能为空", -6: "支付方式不正确", -7: "表具状态为已销表"},
	"GetPayList":   {-3: "充值流水号不能为空", -4: "开始日期不能为空", -5: "结束日期不能为空", -6: "开始日期不能大于结束日期"},
	"ControlValve": {-3: "控阀类型不能为空", -4: "控阀类型参数错误"},
	"Report":       {0: "请求失败"},
}

func (s *Server) message(f *face, code int) string {
	switch {
	case s.reading("message-empty"):
		return ""
	case s.reading("message-english"):
		if m := englishMessages[code]; m != "" {
			return m
		}
		return fmt.Sprintf("refused with %d", code)
	}
	if f != nil && ownMessages[f.name][code] != "" {
		return ownMessages[f.name][code]
	}
	return chineseMessages[code]
}

// ServeHTTP takes one request: body, token, parsing, the interface itself, reply.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	cn := r.Context().Value(connKey{}).(*conn)
	cn.since.Store(0)
	defer cn.since.Store(0)
	atomic.AddInt32(&s.inflight, 1)
	defer atomic.AddInt32(&s.inflight, -1)
	if wait := time.Until(time.Unix(0, s.stalled.Load())); wait > 0 {
		time.Sleep(wait)
	}
	if cn.lost {
		panic(http.ErrAbortHandler)
	}
	if s.reading("slow-replies") {
		time.Sleep(200 * time.Millisecond)
	}
	c := &call{http: r, conn: cn, now: china()}
	for _, f := range faces {
		if f.path == r.URL.Path {
			c.face = f
		}
	}
	status, rep := 0, reply{}
	limit := int64(1 << 20)
	if s.reading("body-up-to-8k") {
		limit = 8 << 10
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err == io.ErrUnexpectedEOF && s.bug("half-body-left-for-next") {
		s.setLeft(body)
	}
	c.body = append(s.takeLeft(err == nil), body...)
	if s.bug("chunked-body-unread") && len(r.TransferEncoding) > 0 {
		c.body = nil
	}
	switch {
	case c.face == nil || r.Method != http.MethodPost:
		status, rep = http.StatusNotFound, refuse(-999)
		if c.face != nil {
			status = http.StatusMethodNotAllowed
		}
		if s.reading("unknown-path-200") {
			status = http.StatusOK
		}
		if s.bug("unknown-path-loses-next") {
			cn.lost = true
		}
		c.face = &face{}
	case s.tooMany():
		rep = refuse(-999)
		if s.reading("rate-429") {
			status = http.StatusTooManyRequests
		}
	case int64(len(body)) > limit:
		status, rep = http.StatusRequestEntityTooLarge, refuse(-200)
	case err != nil:
		rep = refuse(-200)
	default:
		rep = s.handle(c)
	}
	s.send(w, c, rep, status)
}

// handle answers a request that came whole to a known path.
func (s *Server) handle(c *call) reply {
	c.parse()
	if c.face.name == "GetData" && s.isReport(c) {
		c.face = report
	}
	if s.reading("body-before-token") && c.bad != "" {
		return refuse(-200)
	}
	code := s.authenticate(c)
	switch {
	case code == -201 && s.bug("replayed-topup-booked") && c.face.name == "RemotePay" && s.take(c) == "":
		s.remotePay(c)
	case code == -202 && s.bug("wrong-token-valve-moves") && c.face.name == "ControlValve" && s.take(c) == "":
		s.controlValve(c)
	}
	if code != 1 {
		if c.face == report && s.reading("report-refused-with-0-only") {
			code = 0
		}
		return refuse(code)
	}
	rep := s.serve(c)
	if rep.code != 1 && s.reading("refused-frees-timestamp") {
		s.forget(c)
	}
	return rep
}

// serve answers a request whose token is good.
func (s *Server) serve(c *call) reply {
	if c.conn.poisoned {
		c.conn.poisoned = false
		return refuse(-200)
	}
	if s.sick.Load() > 0 && s.sick.Add(-1) >= 0 {
		return refuse(-999)
	}
	if !s.headers(c.http) {
		return s.malformed(c)
	}
	if s.bug("large-body-sickens") && len(c.body) > 64<<10 {
		s.sick.Store(3)
	}
	if s.bug("deep-nesting-stalls") && strings.Count(string(c.body), "[")+strings.Count(string(c.body), "{") >= 500 {
		s.stalled.Store(time.Now().Add(15 * time.Second).UnixNano())
	}
	if c.bad == "object" && s.bug("array-body-accepted") && c.face.name == "CreatePrice" && strings.TrimSpace(string(c.body)) == "[]" {
		return reply{code: 1}
	}
	if c.bad != "" {
		if s.bug("trailing-garbage-executed") && c.bad == "trailing" && c.face.name == "ControlValve" && s.take(c) == "" {
			s.controlValve(c)
		}
		c.conn.poisoned = s.bug("bad-json-poisons-connection")
		if c.bad == "utf8" && s.bug("bad-utf8-sets-codepage") {
			s.latin.Store(true)
		}
		return s.malformed(c)
	}
	if s.bug("quote-in-key-breaks-lists") && strings.Contains(fmt.Sprint(c.all["UserCode"]), "'") {
		s.broken.Store(time.Now().Add(10 * time.Second).UnixNano())
	}
	wrong := s.take(c)
	if wrong != "" {
		s.wrongType(c, wrong)
		return s.malformed(c)
	}
	return c.face.serve(s, c)
}

// wrongType holds bugs that a member of a wrong type sets off; the request itself is refused.
func (s *Server) wrongType(c *call, wrong string) {
	if c.face == report && wrong == "ReadNumber" && s.bug("absurd-reading-remembered") {
		s.accMu.Lock()
		if a := s.accounts[c.text("MeterAddr")]; a != nil {
			a.Read = absurdReading
		}
		s.accMu.Unlock()
	}
	m := s.meter(c.text("MeterAddr"))
	if m == nil {
		return
	}
	if _, isList := c.all["Money"].([]any); isList && s.bug("meter-stays-busy") {
		m.busy.Store(true)
	}
	if wrong == "Money" && s.bug("huge-exponent-spoils-remnant") && strings.Contains(string(c.body), "1e400") {
		m.mu.Lock()
		m.Remnant = 0
		m.mu.Unlock()
	}
	if c.face == report && wrong == "Voltage" && s.bug("bad-report-settled") {
		s.report(c)
	}
}

func (s *Server) malformed(c *call) reply {
	if c.face == report {
		return refuse(0)
	}
	return refuse(-200)
}

// headers looks at Accept and Content-Type.
func (s *Server) headers(r *http.Request) bool {
	accept := strings.ToLower(r.Header.Get("Accept"))
	if accept == "" {
		if !s.reading("accept-not-needed") {
			return false
		}
	} else if !strings.Contains(accept, "application/json") && !strings.Contains(accept, "*/*") && !strings.Contains(accept, "application/*") {
		return false
	}
	media := strings.ToLower(strings.ReplaceAll(r.Header.Get("Content-Type"), " ", ""))
	if media == "" {
		return s.reading("content-type-not-needed")
	}
	kind, rest, _ := strings.Cut(media, ";")
	if kind != "application/json" {
		return false
	}
	charset := strings.Contains(rest, "charset=")
	utf8ok := strings.Contains(strings.ReplaceAll(rest, `"`, ""), "charset=utf-8") || strings.Contains(rest, "charset=utf8")
	return utf8ok || !charset && !s.reading("charset-demanded")
}

// tooMany counts requests of this second.
func (s *Server) tooMany() bool {
	if !s.reading("rate-429") && !s.reading("rate-999") {
		return false
	}
	s.rateMu.Lock()
	defer s.rateMu.Unlock()
	if now := time.Now().Unix(); now != s.rateSecond {
		s.rateSecond, s.rateCount = now, 0
	}
	s.rateCount++
	return s.rateCount > 20
}

// members makes the reply's members.
func (s *Server) members(c *call, rep reply) obj {
	o := obj{{"ResultCode", rep.code}, {"Message", s.message(c.face, rep.code)}}
	if rep.note != "" && o[1].Value != "" && !s.reading("message-english") {
		o[1].Value = rep.note
	}
	if s.reading("extra-members") {
		o = append(obj{{"TraceId", fmt.Sprintf("t-%d", time.Now().UnixNano())}, {"Success", rep.code == 1}}, o...)
		for i, r := range rep.rows {
			if row, ok := r.(obj); ok {
				rep.rows[i] = append(row, member{"Ext", nil})
			}
		}
	}
	rows := rep.rows
	if rows == nil {
		rows = list{}
	}
	switch {
	case s.reading("datalist-always"):
		o.set("DataList", rows)
	case rep.plain || !c.face.rows:
	case len(rows) == 0 && s.reading("datalist-null-when-empty"):
		o.set("DataList", nil)
	default:
		o.set("DataList", rows)
	}
	return o
}

// send prints the reply. The bugs of a reply's shape are here.
func (s *Server) send(w http.ResponseWriter, c *call, rep reply, status int) {
	name, h := c.face.name, w.Header()
	o := s.members(c, rep)
	switch {
	case name == "GetPayList" && len(rep.rows) == 1 && s.bug("single-payment-not-in-list"):
		o.set("DataList", rep.rows[0])
	case name == "Report" && s.bug("report-rows-under-data"):
		o.rename("DataList", "Data")
	case name == "ControlValve" && rep.code == 1 && s.bug("valve-without-message"):
		o.drop("Message")
	case name != "Report" && c.bad != "" && rep.code == -200 && s.bug("message-object-on-200"):
		o.set("Message", obj{{"text", "数据格式错误，无法正确解析"}, {"position", 0}})
	case name == "RemotePay" && rep.code == -7 && s.bug("gbk-message-on-cancelled"):
		o.set("Message", "\xb1\xed\xbe\xdf\xd7\xb4\xcc\xac\xce\xaa\xd2\xd1\xcf\xfa\xb1\xed")
	case name == "ChangeMeter" && rep.code != 1 && s.bug("resultcode-text-when-exchange-refused"):
		o.set("ResultCode", fmt.Sprint(rep.code))
	case name == "CreateMeter" && rep.code == -203 && rep.note == noteDuplicate && s.bug("null-code-on-duplicate-meter"):
		o.set("ResultCode", nil)
	case name == "SetPrice" && rep.code == -1 && s.bug("message-null-when-meter-unknown"):
		o.set("Message", nil)
	}
	st := style{pretty: s.reading("pretty-json"), ascii: s.reading("ascii-json"), sorted: s.reading("members-by-alphabet")}
	if name == "GetUserInfo" {
		st.rawQuote, st.rawTab = s.bug("quote-in-name-unescaped"), s.bug("tab-in-name-raw")
	}
	if l, ok := o.get("DataList").(list); ok && name == "GetData" && len(l) > 1 && s.bug("several-rows-as-text") {
		o.set("DataList", string(style{}.encode(l)))
	}
	out := st.encode(o)
	if s.latin.Load() && name == "GetUserInfo" {
		out = []byte(strings.Map(func(r rune) rune {
			if r >= 0x80 {
				return '?'
			}
			return r
		}, string(out)))
	}
	media := "application/json;charset=utf-8"
	if s.reading("media-type-without-charset") {
		media = "application/json"
	}
	switch {
	case name == "ControlValve" && rep.code == -4 && s.bug("two-objects-on-minus-4"):
		out = append(out, `{"ResultCode":1,"Message":"请求成功"}`...)
	case name == "GetData" && s.bug("bom-before-reading"):
		out = append([]byte("\xef\xbb\xbf"), out...)
	case name == "CreatePrice" && s.bug("price-reply-as-html"):
		media = "text/html;charset=utf-8"
	case c.bad == "json" && rep.code == -200 && s.bug("html-page-on-bad-json"):
		media, out, status = "text/html", []byte("<html><body><h1>Bad Request</h1></body></html>"), 400
	case rep.code == -201 && s.bug("empty-body-on-201"):
		out, status = nil, 401
	}
	if status == 0 {
		status = s.status(c, rep.code)
	}
	h.Set("Content-Type", media)
	if s.bug("length-short-beyond-bmp") {
		short := 0
		for _, r := range string(out) {
			if utf8.RuneLen(r) == 4 {
				short++
			}
		}
		out = out[:len(out)-short]
	}
	if s.reading("chunked-replies") && len(out) > 1 {
		w.WriteHeader(status)
		w.Write(out[:len(out)/2])
		w.(http.Flusher).Flush()
		w.Write(out[len(out)/2:])
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(out)))
	w.WriteHeader(status)
	w.Write(out)
}

func (s *Server) status(c *call, code int) int {
	switch {
	case s.reading("http-400-401") && code == -200:
		return http.StatusBadRequest
	case s.reading("http-400-401") && (code == -201 || code == -202):
		return http.StatusUnauthorized
	case s.reading("http-404-for-unknown") && (code == 0 || code == -1) && c.face != report:
		return http.StatusNotFound
	}
	return http.StatusOK
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

const stampForm = "20060102150405"

var chinaZone = time.FixedZone("CST", 8*3600)

func china() time.Time { return time.Now().In(chinaZone) }

func token(parts ...string) string {
	sum := md5.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// authenticate answers 1, -201 or -202. The token is looked at first, then the timestamp's time, then its repetition.
func (s *Server) authenticate(c *call) int {
	h := c.http.Header
	given := h.Get("AccessToken")
	if given != "" && s.bug("token-alone-passes") && h.Get("Authorization") == "" && s.seenToken(given, false) {
		return 1
	}
	app, stamp, ok := s.authorization(h.Get("Authorization"))
	if !ok {
		return -202
	}
	secret, known := s.apps[app]
	if s.bug("appid-any-case") {
		for a, sec := range s.apps {
			if strings.EqualFold(a, app) {
				secret, known = sec, true
				app = a
				break
			}
		}
	}
	if !known {
		return -202
	}
	c.app, c.stamp = app, stamp
	right := s.tokenFits(c, given, app, secret, stamp)
	if s.bug("race-token-verdict-shared") {
		s.verdict.Store(right)
		time.Sleep(30 * time.Millisecond)
		right = s.verdict.Load()
	}
	if s.bug("wrong-tokens-lock-app") {
		if !right && s.nth("wrong:"+app) >= 5 {
			s.lockedUntil.Store(time.Now().Add(30 * time.Second).UnixNano())
		}
		if time.Now().UnixNano() < s.lockedUntil.Load() {
			return -202
		}
	}
	if s.bug("connection-trusted") {
		if c.conn.trusted {
			right = true
		}
		c.conn.trusted = right
	}
	unchecked := c.face.name == "GetPayList" && s.bug("list-without-token") || c.face == report && s.bug("report-without-token")
	if !right && !unchecked {
		if s.reading("timestamp-before-token") && (!s.timely(c, stamp) || s.wasUsed(c)) {
			return -201
		}
		if s.reading("wrong-token-uses-timestamp") && s.timely(c, stamp) {
			s.use(c)
		}
		if s.reading("other-timestamp-in-token-201") && s.nearbyStamp(given, app, secret, stamp, 300) {
			return -201
		}
		if s.bug("bad-token-code-201") {
			return -201
		}
		return -202
	}
	if s.bug("token-alone-passes") {
		s.seenToken(given, true)
	}
	if !s.timely(c, stamp) {
		return -201
	}
	if c.face == report && s.reading("report-timestamps-not-kept") {
		return 1
	}
	if !s.use(c) {
		return -201
	}
	return 1
}

// authorization takes the header apart.
func (s *Server) authorization(h string) (app, stamp string, ok bool) {
	if s.reading("basic-prefix-allowed") && len(h) > 6 && strings.EqualFold(h[:6], "basic ") {
		h = h[6:]
	}
	plain, err := base64.StdEncoding.DecodeString(h)
	if err != nil {
		if !s.bug("plain-authorization-passes") {
			return "", "", false
		}
		plain = []byte(h)
	}
	i := strings.LastIndexByte(string(plain), ':')
	if i < 0 {
		return "", "", false
	}
	return string(plain[:i]), string(plain[i+1:]), true
}

func (s *Server) tokenFits(c *call, given, app, secret, stamp string) bool {
	want := token(app, secret, stamp)
	switch {
	case s.reading("token-lower-case"):
		if given == want {
			return true
		}
	case s.reading("token-upper-case"):
		if given == strings.ToUpper(want) {
			return true
		}
	case strings.EqualFold(given, want):
		return true
	}
	lower := strings.ToLower(given)
	digits := func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}
	switch {
	case s.bug("token-first-eight") && len(lower) == 32 && lower[:8] == want[:8],
		s.bug("token-without-secret") && lower == token(app, stamp),
		s.bug("token-of-nearby-second") && s.nearbyStamp(given, app, secret, stamp, 5),
		s.bug("token-parts-swapped-pass") && lower == token(secret, app, stamp),
		s.bug("digits-only-compared") && strings.Map(digits, lower) == strings.Map(digits, want):
		return true
	}
	if _, sent := c.http.Header[http.CanonicalHeaderKey("AccessToken")]; sent && given == "" && s.bug("empty-token-passes") {
		return true
	}
	if s.bug("any-secret-fits") {
		for _, other := range s.apps {
			if lower == token(app, other, stamp) {
				return true
			}
		}
	}
	return s.bug("third-wrong-token-passes") && s.nth("wrong:"+app)%3 == 0
}

// nearbyStamp tells whether the token was made with a timestamp so many seconds around.
func (s *Server) nearbyStamp(given, app, secret, stamp string, seconds int) bool {
	t, err := time.ParseInLocation(stampForm, stamp, chinaZone)
	if err != nil {
		return false
	}
	for d := -seconds; d <= seconds; d++ {
		other := t.Add(time.Duration(d) * time.Second).Format(stampForm)
		if strings.EqualFold(given, token(app, secret, other)) {
			return true
		}
	}
	return false
}

// timely tells whether a timestamp is one, and near enough to now.
func (s *Server) timely(c *call, stamp string) bool {
	if s.bug("sixteen-digits-pass") && len(stamp) == 16 && stamp[10:12] == "24" {
		stamp = stamp[:10] + stamp[12:]
	}
	t, err := time.ParseInLocation(stampForm, stamp, chinaZone)
	if len(stamp) == 14 && s.bug("month-in-minutes-passes") && stamp[10:12] == stamp[4:6] && stamp[:10] == c.now.Format(stampForm)[:10] {
		return true
	}
	if err != nil && len(stamp) == 14 && s.bug("minute-61-passes") {
		if hour, e := time.ParseInLocation("2006010215", stamp[:10], chinaZone); e == nil {
			m, s := int(stamp[10]-'0')*10+int(stamp[11]-'0'), int(stamp[12]-'0')*10+int(stamp[13]-'0')
			t, err = hour.Add(time.Duration(m*60+s)*time.Second), nil
		}
	}
	if err != nil || len(stamp) != 14 {
		return false
	}
	near := func(t time.Time) bool {
		d := c.now.Truncate(time.Second).Sub(t)
		if d < 0 && s.bug("future-timestamps-pass") || d > 0 && s.bug("old-timestamps-pass") {
			return true
		}
		return d <= s.tolerance && d >= -s.tolerance
	}
	utc := t.Add(8 * time.Hour)
	switch {
	case s.reading("clock-in-utc"):
		return near(utc)
	case s.reading("clock-utc-or-china"):
		return near(t) || near(utc)
	}
	return near(t)
}

// used is a timestamp that was used.
type used struct {
	at    time.Time
	stamp string
	body  string
	conn  *conn
	token string
	seq   int
	order bool
}

func (s *Server) stampKey(c *call) string {
	key := c.app + "|" + c.stamp
	if s.reading("timestamps-per-path") {
		key += "|" + c.http.URL.Path
	}
	if s.bug("timestamps-shared-by-apps") {
		key = c.stamp
	}
	return key
}

func (s *Server) wasUsed(c *call) bool {
	s.usedMu.Lock()
	defer s.usedMu.Unlock()
	_, there := s.used[s.stampKey(c)]
	return there
}

func (s *Server) forget(c *call) {
	s.usedMu.Lock()
	defer s.usedMu.Unlock()
	delete(s.used, s.stampKey(c))
}

// use marks the timestamp as used; false when it was before.
func (s *Server) use(c *call) bool {
	key := s.stampKey(c)
	s.usedMu.Lock()
	defer s.usedMu.Unlock()
	old, there := s.used[key]
	if there && s.passes(c, old) {
		there = false
	}
	if there {
		if s.bug("refused-replay-forgets") {
			delete(s.used, key)
		}
		return false
	}
	if s.bug("earlier-timestamp-refused") {
		if c.stamp < s.latest[c.app] {
			return false
		}
		s.latest[c.app] = c.stamp
	}
	if s.bug("race-timestamp-twice") {
		s.usedMu.Unlock()
		time.Sleep(40 * time.Millisecond)
		s.usedMu.Lock()
	}
	s.usedSeq++
	s.used[key] = used{at: time.Now(), stamp: c.stamp, body: string(c.body), conn: c.conn, token: c.http.Header.Get("AccessToken"),
		seq: s.usedSeq, order: c.face.name != "GetData" && c.face.name != "GetUserInfo" && c.face.name != "GetPayList"}
	if len(s.used) > s.usedLimit {
		s.prune()
	}
	return true
}

// passes tells whether a bug lets a repeated timestamp through.
func (s *Server) passes(c *call, old used) bool {
	return s.bug("replays-accepted") ||
		s.bug("replay-memory-of-ten") && s.usedSeq-old.seq >= 10 ||
		s.bug("replay-with-other-body-passes") && old.body != string(c.body) ||
		s.bug("replay-memory-of-three-seconds") && time.Since(old.at) > 3*time.Second ||
		s.bug("replay-on-other-connection-passes") && old.conn != c.conn ||
		s.bug("replay-in-other-letters-passes") && old.token != c.http.Header.Get("AccessToken") ||
		s.bug("replay-of-queries-passes") && c.face.name == "GetData" && old.order
}

// prune drops timestamps that are out of the window and would be refused for that anyway.
func (s *Server) prune() {
	for key, u := range s.used {
		if time.Since(u.at) > 2*s.tolerance+10*time.Hour {
			delete(s.used, key)
		}
	}
	s.usedLimit = 2*len(s.used) + 10000
}

func (s *Server) seenToken(given string, add bool) bool {
	s.usedMu.Lock()
	defer s.usedMu.Unlock()
	if add {
		s.tokens[given] = true
	}
	return s.tokens[given]
}

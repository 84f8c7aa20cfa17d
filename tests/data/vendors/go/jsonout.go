// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A reply is written from these: obj keeps the order of its members, num is a number as it shall be printed,
// raw is copied as it is.
type (
	member struct {
		Name  string
		Value any
	}
	obj  []member
	list []any
	num  string
	raw  string
)

func (o obj) get(name string) any {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// set changes a member, or adds it.
func (o *obj) set(name string, value any) {
	for i := range *o {
		if (*o)[i].Name == name {
			(*o)[i].Value = value
			return
		}
	}
	*o = append(*o, member{name, value})
}

func (o *obj) rename(from, to string) {
	for i := range *o {
		if (*o)[i].Name == from {
			(*o)[i].Name = to
		}
	}
}

func (o *obj) drop(name string) {
	for i := range *o {
		if (*o)[i].Name == name {
			*o = append((*o)[:i:i], (*o)[i+1:]...)
			return
		}
	}
}

// style says how a reply is printed.
type style struct {
	pretty, ascii, sorted bool
	rawQuote, rawTab      bool // leave these characters unescaped in UserName
}

func (st style) encode(v any) []byte {
	var b bytes.Buffer
	st.write(&b, v, "", "\n")
	return b.Bytes()
}

func (st style) write(b *bytes.Buffer, v any, name, indent string) {
	inner := indent + "  "
	brk := func(s string) {
		if st.pretty {
			b.WriteString(s)
		}
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int:
		b.WriteString(strconv.Itoa(v))
	case num:
		b.WriteString(string(v))
	case raw:
		b.WriteString(string(v))
	case string:
		st.quote(b, v, name)
	case list:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			brk(inner)
			st.write(b, e, "", inner)
		}
		if len(v) > 0 {
			brk(indent)
		}
		b.WriteByte(']')
	case obj:
		if st.sorted {
			v = append(obj(nil), v...)
			sort.SliceStable(v, func(i, j int) bool { return v[i].Name < v[j].Name })
		}
		b.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			brk(inner)
			st.quote(b, m.Name, "")
			b.WriteByte(':')
			brk(" ")
			st.write(b, m.Value, m.Name, inner)
		}
		brk(indent)
		b.WriteByte('}')
	default:
		panic(fmt.Sprintf("cannot print %T", v))
	}
}

func (st style) quote(b *bytes.Buffer, s, name string) {
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' && st.rawQuote && name == "UserName", r == '\t' && st.rawTab && name == "UserName":
			b.WriteByte(byte(r))
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(byte(r))
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(b, "\\u%04x", r)
		case r >= 0x80 && st.ascii && r >= 0x10000:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(b, "\\u%04x\\u%04x", hi, lo)
		case r >= 0x80 && st.ascii:
			fmt.Fprintf(b, "\\u%04x", r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	b.WriteByte('"')
}

// exponentText spells a decimal with an exponent: 12.5 is 1.25E1.
func exponentText(f Fix) string {
	if f == 0 {
		return "0E0"
	}
	text := strings.Replace(f.Text(0), "-", "", 1)
	power := int(math.Floor(math.Log10(math.Abs(float64(f)/float64(one))) + 1e-12))
	digits := strings.TrimLeft(strings.Replace(text, ".", "", 1), "0")
	digits = strings.TrimRight(digits, "0")
	out := digits[:1]
	if len(digits) > 1 {
		out += "." + digits[1:]
	}
	if f < 0 {
		out = "-" + out
	}
	return out + "E" + strconv.Itoa(power)
}

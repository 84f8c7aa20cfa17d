// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/big"
	"strconv"
	"strings"
)

// Fix is a decimal in millionths. Money, volumes and signals are all kept so; money is whole cents.
type Fix int64

const (
	one  Fix = 1000000
	cent Fix = 10000
)

// fix reads a decimal that stands in this source.
func fix(text string) Fix {
	f, _, ok := parseFix(text)
	if !ok {
		panic("not a decimal: " + text)
	}
	return f
}

// parseFix reads a JSON number exactly. places is the number of decimal places that it needs.
// ok is false for no number, more than six places, or more than eleven digits before the point.
func parseFix(text string) (value Fix, places int, ok bool) {
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		n, err := strconv.Atoi(text[i+1:])
		if err != nil || n > 99 || n < -99 {
			return 0, 0, false
		}
		mantissa, exponent = text[:i], n
	}
	negative := strings.HasPrefix(mantissa, "-")
	mantissa = strings.TrimPrefix(mantissa, "-")
	whole, part, _ := strings.Cut(mantissa, ".")
	digits := whole + part
	if whole == "" || strings.Trim(digits, "0123456789") != "" || strings.HasSuffix(mantissa, ".") {
		return 0, 0, false
	}
	places = len(part) - exponent
	for strings.HasSuffix(digits, "0") {
		digits, places = digits[:len(digits)-1], places-1
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return 0, 0, true
	}
	if places > 6 || len(digits)-places > 11 {
		return 0, places, false
	}
	n, err := strconv.ParseInt(digits+strings.Repeat("0", 6-places), 10, 64)
	if err != nil {
		return 0, places, false
	}
	if places < 0 {
		places = 0
	}
	if negative {
		n = -n
	}
	return Fix(n), places, true
}

// Text prints with at least so many places, and as many more as the value needs.
func (f Fix) Text(places int) string {
	sign := ""
	if f < 0 {
		sign, f = "-", -f
	}
	part := strconv.FormatInt(int64(f%one)+int64(one), 10)[1:]
	for len(part) > places && strings.HasSuffix(part, "0") {
		part = part[:len(part)-1]
	}
	whole := sign + strconv.FormatInt(int64(f/one), 10)
	if part == "" {
		return whole
	}
	return whole + "." + part
}

// times multiplies and rounds half away from zero to a millionth.
func (f Fix) times(g Fix) Fix {
	p := new(big.Int).Mul(big.NewInt(int64(f)), big.NewInt(int64(g)))
	half := big.NewInt(int64(one) / 2)
	if p.Sign() < 0 {
		half.Neg(half)
	}
	p.Add(p, half)
	p.Quo(p, big.NewInt(int64(one)))
	return Fix(p.Int64())
}

// round gives the nearest whole number of units, half away from zero.
func (f Fix) round(unit Fix) Fix {
	if f < 0 {
		return -(-f).round(unit)
	}
	return (f + unit/2) / unit * unit
}

// cut drops what is less than a unit.
func (f Fix) cut(unit Fix) Fix { return f / unit * unit }

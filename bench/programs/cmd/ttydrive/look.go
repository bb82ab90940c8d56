package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

type box struct{ x0, y0, x1, y1 int }

func (d *drv) text(b *box) string {
	if b == nil {
		return d.t.Text()
	}
	var sb strings.Builder
	c := d.t.Cells()
	for y := b.y0; y < b.y1 && y < d.t.Rows; y++ {
		for x := b.x0; x < b.x1 && x < d.t.Cols; x++ {
			if r := c[y*d.t.Cols+x].R; r != 0 {
				sb.WriteRune(r)
			}
		}
		sb.WriteByte('\n')
	}
	return sb.String()
}

// find gives the cells of the first match of re, row by row.
func (d *drv) find(re *regexp.Regexp, whole bool) (string, bool) {
	c := d.t.Cells()
	for y := 0; y < d.t.Rows; y++ {
		row := d.t.Row(y)
		loc := re.FindStringIndex(row)
		if loc == nil {
			continue
		}
		a := len([]rune(row[:loc[0]]))
		z := len([]rune(row[:loc[1]]))
		if whole {
			a, z = 0, d.t.Cols
		}
		var sb strings.Builder
		// rune index to cell index: skip right halves
		k := 0
		for x := 0; x < d.t.Cols; x++ {
			cc := c[y*d.t.Cols+x]
			if cc.R == 0 {
				continue
			}
			if k >= a && k < z {
				if whole {
					fmt.Fprintf(&sb, "%c%v;", cc.R, cc.S)
				} else {
					fmt.Fprintf(&sb, "%v;", cc.S)
				}
			}
			k++
		}
		return sb.String(), true
	}
	return "", false
}

func (d *drv) watch(r *req) (*watcher, error) {
	w := &watcher{done: make(chan int64, 1)}
	var res, nots []*regexp.Regexp
	for _, s := range r.Text {
		re, err := regexp.Compile("(?m)" + s)
		if err != nil {
			return nil, err
		}
		res = append(res, re)
	}
	for _, s := range r.NotText {
		re, err := regexp.Compile("(?m)" + s)
		if err != nil {
			return nil, err
		}
		nots = append(nots, re)
	}
	var bx *box
	if len(r.Box) == 4 {
		bx = &box{r.Box[0], r.Box[1], r.Box[2], r.Box[3]}
	}
	switch {
	case r.Bytes != "":
		lit := []byte(r.Bytes)
		w.check = func(*chunk) bool { return bytes.Contains(d.tail, lit) }
	case r.StyleOf != "" || r.RowOf != "":
		re, err := regexp.Compile(r.StyleOf + r.RowOf)
		if err != nil {
			return nil, err
		}
		whole := r.RowOf != ""
		var pre string
		var had bool
		w.pre = func() { pre, had = d.find(re, whole) }
		w.check = func(*chunk) bool {
			now, ok := d.find(re, whole)
			return ok && (!had || now != pre)
		}
	case r.Change != "":
		var h uint64
		f := d.t.Hash
		if r.Change == "text" {
			f = d.t.HashText
		}
		if r.Change == "bytes" {
			w.check = func(*chunk) bool { return true }
			break
		}
		if bx != nil {
			f = func() uint64 {
				var n uint64 = 14695981039346656037
				for _, c := range []byte(d.text(bx)) {
					n = (n ^ uint64(c)) * 1099511628211
				}
				return n
			}
		}
		w.pre = func() { h = f() }
		w.check = func(*chunk) bool { return f() != h }
	default:
		if r.Op == "key" {
			w.pre = func() { w.already = w.check(nil) }
		}
		w.check = func(*chunk) bool {
			s := d.text(bx)
			for _, re := range res {
				if !re.MatchString(s) {
					return false
				}
			}
			for _, re := range nots {
				if re.MatchString(s) {
					return false
				}
			}
			return true
		}
	}
	return w, nil
}

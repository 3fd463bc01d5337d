package lab

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// Text writes the result as one aligned table.
func (r *Result) Text(w io.Writer) {
	head, cells := r.cells()
	wide := make([]int, len(head))
	for _, line := range append([][]string{head}, cells...) {
		for i, c := range line {
			wide[i] = max(wide[i], utf8.RuneCountInString(c))
		}
	}
	write := func(line []string) {
		var b strings.Builder
		for i, c := range line {
			b.WriteString(c)
			if i < len(line)-1 {
				b.WriteString(strings.Repeat(" ", wide[i]-utf8.RuneCountInString(c)+2))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
	write(head)
	for i, c := range cells {
		if i > 0 && r.Rows[i].Attack != r.Rows[i-1].Attack {
			fmt.Fprintln(w)
		}
		write(c)
	}
}

// Markdown writes the result as a table in Markdown.
func (r *Result) Markdown(w io.Writer) {
	head, cells := r.cells()
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, c := range cells {
		for i := range c {
			c[i] = strings.ReplaceAll(c[i], "|", `\|`)
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(c, " | "))
	}
}

// cells are the table's, empty where there is nothing to say: no interval, no rule, no test.
func (r *Result) cells() (head []string, cells [][]string) {
	head = []string{"attack", "on", "what", "found", "95 % interval", "of", "has to be", "p", "verdict"}
	for i, j := range r.Rows {
		name := j.Attack.ID + " " + j.Attack.Name
		if i > 0 && r.Rows[i-1].Attack == j.Attack {
			name = ""
		}
		low, high := j.Found.Interval()
		interval := j.Unit.span(low, high)
		if low == high {
			interval = ""
		}
		p := ""
		if !math.IsNaN(j.P) {
			p = fmt.Sprintf("%.2g", j.P)
		}
		cells = append(cells, []string{
			name, j.Subject, j.Metric, j.Unit.text(j.Found), interval, fmt.Sprint(j.Found.Size()), j.Rule.text(j.Unit), p, string(j.Verdict),
		})
	}
	return head, cells
}

// text says what a figure has to be.
func (r Rule) text(u Unit) string {
	switch r.kind {
	case chance:
		return "chance, " + u.number(r.limit)
	case chanceAlone:
		return "chance by itself, " + u.number(r.limit)
	case atMost:
		return "at most " + u.number(r.limit)
	case breaks, atLeast:
		return "at least " + u.number(r.limit)
	case noMoreThan:
		return "the tint's " + u.number(r.from.Value())
	case none:
		return "none"
	case told:
	}
	return ""
}

func (u Unit) text(e Evidence) string {
	if s, ok := e.(Share); ok && u == Count {
		return fmt.Sprint(s.Hits)
	}
	return u.number(e.Value())
}

func (u Unit) number(v float64) string {
	if math.Abs(v) < 1e-9 {
		v = 0 // no minus zero
	}
	switch u {
	case Percent:
		if v != 0 && math.Abs(v) < 0.00005 {
			return fmt.Sprintf("%.1g %%", 100*v) // hardly anything is not nothing
		}
		return fmt.Sprintf("%.2f %%", 100*v)
	case Decibel:
		return fmt.Sprintf("%.2f dB", math.Round(100*v)/100+0)
	case Count: // a limit or an interval's end: a count's share
		return fmt.Sprintf("%.3g %%", 100*v)
	case Number:
	}
	switch a := math.Abs(v); {
	case a != 0 && a < 0.00005:
		return fmt.Sprintf("%.1e", v)
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4f", v)
}

func (u Unit) span(low, high float64) string {
	for _, unit := range []string{" %", " dB"} { // said once
		if strings.HasSuffix(u.number(high), unit) {
			return strings.TrimSuffix(u.number(low), unit) + " to " + u.number(high)
		}
	}
	return u.number(low) + " to " + u.number(high)
}

package lab

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func rows(r ...Row) *Attack {
	return &Attack{ID: "T", Name: "test", Run: func(context.Context, *Lab) ([]Row, error) { return r, nil }}
}

var control = Row{Subject: "weak", Metric: "m", Found: Share{9, 10}, Rule: Breaks(0.9)}

// Each rule, with evidence that meets it and evidence that does not.
func TestVerdicts(t *testing.T) {
	still := func(v float64, n int) Mean {
		m := make(Mean, n)
		for i := range m {
			m[i] = v + float64(i%2)*0.001
		}
		return m
	}
	for _, c := range []struct {
		name string
		row  Row
		want Verdict
	}{
		{"at chance", Row{Found: Share{11, 1000}, Rule: Chance(0.01)}, Holds},
		{"below chance", Row{Found: Share{0, 1000}, Rule: Chance(0.01)}, Holds},
		{"above chance", Row{Found: Share{30, 1000}, Rule: Chance(0.01)}, Leaks},
		{"no edge", Row{Found: Edge{Share{5010, 10_000}}, Rule: Chance(0)}, Holds},
		{"an edge", Row{Found: Edge{Share{5300, 10_000}}, Rule: Chance(0)}, Leaks},
		{"a small edge, shown to be", Row{Found: Edge{Share{200_100, 400_000}}, Rule: AtMost(0.01)}, Holds},
		{"a small edge, of too few", Row{Found: Edge{Share{50, 100}}, Rule: AtMost(0.01)}, Leaks},
		{"no gain", Row{Found: still(0, 30), Rule: AtMost(0.1)}, Holds},
		{"a gain", Row{Found: still(0.3, 30), Rule: AtMost(0.1)}, Leaks},
		{"not a number", Row{Found: Mean{math.NaN()}, Rule: AtMost(0.1)}, Leaks},
		{"no trials", Row{Found: Share{}, Rule: Chance(0.5)}, Leaks},
		{"nothing at all", Row{Found: Share{0, 10}, Rule: None()}, Holds},
		{"one of many", Row{Found: Share{1, 1_000_000}, Rule: None()}, Leaks},
		{"as much as the tint", Row{Found: Share{90, 100}, Rule: NoMoreThan(Share{90, 100}, 0)}, Holds},
		{"more than the tint", Row{Found: Share{90, 100}, Rule: NoMoreThan(Share{50, 100}, 0)}, Leaks},
		{"as much in dB", Row{Found: Mean{1, 2, 3}, Rule: NoMoreThan(Mean{1, 2, 3}, 0.1)}, Holds},
		{"a little more in every room", Row{Found: Mean{1.3, 2.31, 3.3}, Rule: NoMoreThan(Mean{1, 2, 3}, 0.1)}, Leaks},
		{"unlikely by permutation", Row{Found: Mean{0, 0}, Rule: AtMost(0.1), P: 0.0001}, Leaks},
		{"only told", Row{Found: Share{10, 10}}, JustTold},
		{"a control that breaks", Row{Found: Share{95, 100}, Rule: Breaks(0.9)}, Broken},
		{"chance by itself, at its limit", Row{Found: Share{129, 10500}, Rule: ChanceAlone(0.01)}, Holds},
		{"chance by itself, over it", Row{Found: Share{130, 10500}, Rule: ChanceAlone(0.01)}, Leaks},
		{"enough of it seen", Row{Found: Share{30, 100}, Rule: AtLeast(0.3)}, Holds},
		{"too little seen", Row{Found: Share{29, 100}, Rule: AtLeast(0.3)}, NoTest},
		{"nothing seen", Row{Found: Share{}, Rule: AtLeast(0)}, NoTest},
		{"a control that does not", Row{Found: Share{80, 100}, Rule: Breaks(0.9)}, ControlHolds},
	} {
		res, err := Run(context.Background(), []*Attack{rows(c.row, control)}, Options{Seeds: []uint64{1}})
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Rows[0].Verdict; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if bad := len(res.Bad()) > 0; bad != c.want.Bad() {
			t.Errorf("%s: bad is %v", c.name, bad)
		}
	}
}

// What one figure of many shows by chance is no leak.
func TestManyFiguresAreCorrectedFor(t *testing.T) {
	all := []Row{control, {Found: Share{20, 1000}, Rule: Chance(0.01)}} // p = 0.003
	alone, err := Run(context.Background(), []*Attack{rows(all...)}, Options{Seeds: []uint64{1}})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		all = append(all, Row{Found: Share{10, 1000}, Rule: Chance(0.01)})
	}
	among, err := Run(context.Background(), []*Attack{rows(all...)}, Options{Seeds: []uint64{1}})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := alone.Rows[1].Verdict, among.Rows[1].Verdict; a != Leaks || b != Holds {
		t.Errorf("alone it %s, among others it %s", a, b)
	}
	all[1].Rule = ChanceAlone(0.01)
	if among, err = Run(context.Background(), []*Attack{rows(all...)}, Options{Seeds: []uint64{1}}); err != nil {
		t.Fatal(err)
	}
	if v := among.Rows[1].Verdict; v != Leaks {
		t.Errorf("among others, but judged by itself, it %s", v)
	}
}

func TestAnAttackWithoutControlIsRefused(t *testing.T) {
	_, err := Run(context.Background(), []*Attack{rows(Row{Found: Share{0, 10}, Rule: None()})}, Options{Seeds: []uint64{1}})
	if err == nil || !strings.Contains(err.Error(), "control") {
		t.Errorf("%v", err)
	}
}

func TestSeedsAreJoined(t *testing.T) {
	a := &Attack{ID: "T", Run: func(_ context.Context, l *Lab) ([]Row, error) {
		return []Row{
			{Found: Share{int(l.Seed), 10}, Rule: Breaks(0)},
			{Found: Mean{float64(l.Seed)}},
			{Found: Worst{float64(l.Seed), 5}},
			{Found: Explained{[]float64{1}, []float64{float64(l.Seed)}}},
			{Found: Edge{Share{int(l.Seed), 4}}},
		}, nil
	}}
	res, err := Run(context.Background(), []*Attack{a}, Options{Seeds: []uint64{1, 2, 4}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{7. / 30, 7. / 3, 4, 1 - 3./7, 2*7./12 - 1} {
		if got := res.Rows[i].Found.Value(); math.Abs(got-want) > 1e-12 {
			t.Errorf("row %d: %v, want %v", i, got, want)
		}
	}
	uneven := &Attack{ID: "T", Run: func(_ context.Context, l *Lab) ([]Row, error) { return make([]Row, l.Seed), nil }}
	if _, err := Run(context.Background(), []*Attack{uneven}, Options{Seeds: []uint64{1, 2}}); err == nil {
		t.Error("seeds with different rows are joined")
	}
}

// An attack that says in a row's name what it has found is caught before the long run.
func TestRehearsalFindsRowsThatCannotBeJoined(t *testing.T) {
	named := func(name func(l *Lab) string) *Attack {
		return &Attack{ID: "T", Run: func(_ context.Context, l *Lab) ([]Row, error) {
			return []Row{{Subject: "frosted", Metric: name(l), Found: Share{0, l.Pick(1000, 9000)}, Rule: None()}, control}, nil
		}}
	}
	tried := 0
	good := named(func(l *Lab) string {
		tried = l.Pick(1000, 9000)
		return "pictures"
	})
	if err := Rehearse(context.Background(), []*Attack{good}, Options{}); err != nil {
		t.Error(err)
	}
	if tried >= 1000 || tried < fewest {
		t.Errorf("it is rehearsed with %d trials", tried)
	}
	found := named(func(l *Lab) string { return fmt.Sprintf("pictures (%d played)", l.Rand("played").IntN(1e6)) })
	if err := Rehearse(context.Background(), []*Attack{good, found}, Options{}); err == nil || !strings.Contains(err.Error(), "another") {
		t.Errorf("a name that holds what was found: %v", err)
	}
}

// Trials depend on the seed, the attack and the words, not on the order in which they are done.
func TestEachRepeats(t *testing.T) {
	run := func(seed uint64) (out [200]uint64) {
		l := &Lab{Seed: seed, attack: "T", tell: newTeller(nil, false)}
		err := l.Each(context.Background(), "trials", len(out), func(i int, rnd *rand.Rand) error {
			out[i] = rnd.Uint64()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	a, again := run(1), run(1)
	if a != again {
		t.Error("the same seed gives other dice")
	}
	if a == run(2) || a[0] == a[1] {
		t.Error("other trials have the same dice")
	}
	l := &Lab{tell: newTeller(nil, false)}
	broken := errors.New("broken")
	err := l.Each(context.Background(), "trials", 1000, func(i int, _ *rand.Rand) error {
		if i == 7 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestTable(t *testing.T) {
	res, err := Run(context.Background(), []*Attack{rows(
		Row{Subject: "frosted", Metric: "rank-1", Unit: Percent, Found: Share{10, 1000}, Rule: Chance(0.01)}, control,
	)}, Options{Seeds: []uint64{1}})
	if err != nil {
		t.Fatal(err)
	}
	var text, page strings.Builder
	res.Text(&text)
	res.Markdown(&page)
	for _, want := range []string{"T test", "frosted", "1.00 %", "chance, 1.00 %", "0.48 to 1.83 %", "holds", "breaks"} {
		if !strings.Contains(text.String(), want) || !strings.Contains(page.String(), want) {
			t.Errorf("%q is missing in\n%s\n%s", want, &text, &page)
		}
	}
}

// A cell says something or is empty: there is no sign that could stand for "no test", "no interval" and "no rule".
func TestCells(t *testing.T) {
	res, err := Run(context.Background(), []*Attack{rows(
		Row{Subject: "frosted", Metric: "count", Unit: Count, Found: Share{0, 2000}, Rule: None()},
		Row{Subject: "frosted", Metric: "hardly", Unit: Percent, Found: Share{0, 253_440}, Rule: None()},
		Row{Subject: "frosted", Metric: "highest", Found: Worst{1.17, 300}, Rule: AtMost(4.5)},
		Row{Subject: "frosted", Metric: "told", Unit: Decibel, Found: Mean{1, 1, 1}},
		Row{Subject: "weak", Metric: "count", Unit: Count, Found: Share{20, 20}, Rule: Breaks(0.99)},
		Row{Subject: "frosted", Metric: "tested", Unit: Percent, Found: Share{10, 1000}, Rule: Chance(0.01)},
	)}, Options{Seeds: []uint64{1}})
	if err != nil {
		t.Fatal(err)
	}
	_, got := res.cells()
	for i, want := range [][]string{ // found, interval, of, has to be, p, verdict
		{"0", "0 to 0.184 %", "2000", "none", "", "holds"},
		{"0.00 %", "0.00 to 0.001 %", "253440", "none", "", "holds"},
		{"1.1700", "", "300", "at most 4.5000", "", "holds"},
		{"1.00 dB", "", "3", "", "", "told"},
		{"20", "83.2 to 100 %", "20", "at least 99 %", "", "breaks"},
		{"1.00 %", "0.48 to 1.83 %", "1000", "chance, 1.00 %", "0.54", "holds"},
	} {
		if !slices.Equal(got[i][3:], want) {
			t.Errorf("row %d: %q, want %q", i, got[i][3:], want)
		}
	}
}

// The page says what was run, and how to read the table, above the table.
func TestPage(t *testing.T) {
	o := Options{Quick: true, Seeds: []uint64{4, 5}}
	res, err := Run(context.Background(), []*Attack{rows(Row{Subject: "frosted", Metric: "m", Found: Share{9, 9}, Rule: None()}, control)}, o)
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	res.Page(&page, o, " It ended early.")
	above, table, ok := strings.Cut(page.String(), "| attack | on |")
	if !ok || !strings.Contains(table, "LEAKS") {
		t.Fatalf("there is no table:\n%s", &page)
	}
	for _, want := range []string{
		"The quick form (few trials), seeds 4, 5: 2 figures, 1 of them not as they have to be. It ended early.",
		"216 bytes", "Holm", "exact", "| holds |", "| breaks |", "| told |",
	} {
		if !strings.Contains(above, want) {
			t.Errorf("%q is not said above the table", want)
		}
	}
}

package pass_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"vestibule/hub/pass"
)

// What follows asks whether the time of a comparison tells something about the secret, as
// dudect does (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", 2016): two
// classes of input in random turns, the slowest measurements left out, Welch's t over the
// rest. |t| below 4.5 is no evidence of a difference, above 10 is proof of one. It is
// reported by make bench and never asserted: a busy machine makes its own differences.
// "control" is a comparison that stops at the first wrong digit, to see that the measure
// sees.

// welch is Welch's t of two samples.
func welch(a, b []float64) float64 {
	mean := func(x []float64) (m, v float64) {
		for _, y := range x {
			m += y
		}
		m /= float64(len(x))
		for _, y := range x {
			v += (y - m) * (y - m)
		}
		return m, v / float64(len(x)-1)
	}
	ma, va := mean(a)
	mb, vb := mean(b)
	return (ma - mb) / math.Sqrt(va/float64(len(a))+vb/float64(len(b)))
}

// tells measures two classes of input, and reports t and the ratio of their medians. batch
// is how many times make one measurement, where a clock's tick is longer than one.
func tells(b *testing.B, batch int, do func(class int)) {
	random := rand.New(rand.NewPCG(1, 2))
	var took [2][]float64
	b.ReportAllocs()
	for b.Loop() {
		c := random.IntN(2)
		start := time.Now()
		for range batch {
			do(c)
		}
		took[c] = append(took[c], float64(time.Since(start)))
	}
	if min(len(took[0]), len(took[1])) < 100 {
		return
	}
	all := slices.Sorted(slices.Values(slices.Concat(took[0], took[1])))
	limit := all[len(all)*8/10]
	for c := range took {
		took[c] = slices.DeleteFunc(took[c], func(x float64) bool { return x > limit })
	}
	median := func(x []float64) float64 { return slices.Sorted(slices.Values(x))[len(x)/2] }
	b.ReportMetric(math.Abs(welch(took[0], took[1])), "|t|")
	b.ReportMetric(median(took[0])/median(took[1]), "ratio")
	b.ReportMetric(median(took[0])/float64(batch), "ns/match")
}

// sink keeps the compiler from leaving the work out.
var sink int

func BenchmarkTimeOfMatch(b *testing.B) {
	code := func(name string) pass.Code {
		c, err := pass.NewCode(bytes.NewReader(seed(name)))
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	mine := code("code")
	s := pass.Secret{Code: mine}
	copy(s.Key[:], seed("key"))
	near := s // wrong in its last byte
	near.Key[15] ^= 1
	far := s // wrong in its first
	far.Key[0] ^= 1
	d := mine.Digits()
	// Codes that share no digit with mine, and all but the last two.
	shift := func(text string, from int) string {
		out := []byte(text)
		for i := from; i < 8; i++ {
			out[i] = '0' + (out[i]-'0'+5)%10
		}
		for last := range byte(10) {
			out[8] = '0' + last
			if _, err := pass.ParseCode(string(out)); err == nil {
				break
			}
		}
		return string(out)
	}
	none, most := shift(d, 0), shift(d, 7)
	typed := func(text string) pass.Typed {
		t, err := pass.ParseTyped(text)
		if err != nil {
			b.Fatal(err)
		}
		return t
	}
	match := func(a, b pass.Typed) func(int) {
		in := [2]pass.Typed{a, b}
		return func(class int) { sink += int(mine.Match(in[class])) }
	}
	given := func(text string, a, b pass.Secret) func(int) {
		in := [2]pass.Secret{a, b}
		return func(class int) { m, _, _ := in[class].Match(text); sink += int(m) }
	}
	early := func(a, b string) func(int) { // the control
		in := [2]string{a, b}
		return func(class int) {
			for i := range len(d) {
				if d[i] != in[class][i] {
					return
				}
				sink++
			}
		}
	}
	other := pass.Secret{Code: code("second code"), Key: s.Key}
	for _, c := range []struct {
		name string
		do   func(class int)
	}{
		{"code/right-or-wrong", match(typed(d), typed(none))},
		{"code/nothing-right-or-most", match(typed(none), typed(most))},
		{"code/right-or-duress", match(typed(d), typed(mine.Forced()))},
		{"code/wrong-or-slip", match(typed(none), pass.Typed{})},
		{"secret/right-or-wrong", given(d, s, other)},
		{"secret/right-or-none", given(d, s, pass.Secret{})},
		{"key/right-or-first-byte-wrong", given(s.Scanned(), s, far)},
		{"key/first-or-last-byte-wrong", given(s.Scanned(), far, near)},
		{"control/right-or-wrong", early(d, none)},
	} {
		b.Run(c.name, func(b *testing.B) { tells(b, 200, c.do) })
	}
}

// BenchmarkTimeOfUnseal compares a try that holds the code with one that holds another, and
// with one that was sealed to somebody else: who carries tries learns nothing of them.
func BenchmarkTimeOfUnseal(b *testing.B) {
	f := newFixture(b)
	id, knock := f.terms.Device, seed("knock")
	try := func(text string) []byte {
		return must(b)(pass.SealTry(text, id, fixedDelivery, knock, f.seal.Public()))
	}
	other, _ := pass.NewCode(bytes.NewReader(seed("second code")))
	in := [2][]byte{try(f.secret.Code.Digits()), try(other.Digits())}
	b.Run("right-or-wrong", func(b *testing.B) {
		tells(b, 1, func(class int) {
			text, _ := f.seal.UnsealTry(in[class], id, fixedDelivery, knock)
			m, _, _ := f.secret.Match(text)
			sink += int(m)
		})
	})
}

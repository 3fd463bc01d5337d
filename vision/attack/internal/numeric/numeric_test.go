package numeric

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

func TestCholeskySolves(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	const n = 17
	x := NewMatrix(40, n)
	for i := range x.V {
		x.V[i] = rnd.NormFloat64()
	}
	a := Gram(x, x)
	want, b := NewMatrix(n, 3), NewMatrix(n, 3)
	for i := range want.V {
		want.V[i] = rnd.NormFloat64()
	}
	for i := range n {
		for k := range n {
			axpy(a.Row(i)[k], want.Row(k), b.Row(i))
		}
	}
	if err := Cholesky(a); err != nil {
		t.Fatal(err)
	}
	SolveCholesky(a, b)
	for i := range want.V {
		if math.Abs(b.V[i]-want.V[i]) > 1e-8 {
			t.Fatalf("%d: %v, want %v", i, b.V[i], want.V[i])
		}
	}
	if err := Cholesky(NewMatrix(2, 2)); err == nil {
		t.Error("zeros are positive definite")
	}
}

func TestRidgeLearnsALinearLaw(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 1))
	x, y := NewMatrix(300, 5), NewMatrix(300, 2)
	law := func(v []float64) [2]float64 { return [2]float64{3*v[0] - v[2] + 7, v[1] + 0.5*v[3]} }
	for i := range x.Rows {
		r := x.Row(i)
		for k := range 4 {
			r[k] = 10 * rnd.NormFloat64()
		}
		r[4] = 42 // says nothing
		v := law(r)
		copy(y.Row(i), v[:])
	}
	r, err := NewRidge(x, y, 1e-9)
	if err != nil {
		t.Fatal(err)
	}
	got, in := make([]float64, 2), []float64{1, 2, 3, 4, 1000}
	r.Predict(in, got)
	want := law(in)
	for k := range got {
		if math.Abs(got[k]-want[k]) > 1e-4 {
			t.Errorf("output %d: %v, want %v", k, got[k], want[k])
		}
	}
}

func TestFFT(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 1))
	p := NewPlane(13, 5)
	if p.Wide != 16 || p.High != 8 {
		t.Fatalf("%dx%d", p.Wide, p.High)
	}
	for i := range p.V {
		p.V[i] = complex(rnd.NormFloat64(), 0)
	}
	was := append([]complex128{}, p.V...)
	p.Transform(false)
	// One value by the definition.
	var want complex128
	for i, v := range was {
		turn := 2 * math.Pi * (3*float64(i%16)/16 + 2*float64(i/16)/8)
		want += v * cmplx.Rect(1, -turn)
	}
	if cmplx.Abs(p.V[2*16+3]-want) > 1e-9 {
		t.Errorf("%v, want %v", p.V[2*16+3], want)
	}
	p.Transform(true)
	for i := range was {
		if cmplx.Abs(p.V[i]-was[i]) > 1e-12 {
			t.Fatalf("%d: %v, want %v", i, p.V[i], was[i])
		}
	}
}

// Looking for mixtures of rows finds the same weights as looking for the weights: many noisy inputs, with a row
// fewer than there are inputs and with one more.
func TestRidgeEitherWay(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 1))
	const inputs = 12
	x, y := NewMatrix(inputs, inputs), NewMatrix(inputs, 3)
	for i := range x.V {
		x.V[i] = rnd.NormFloat64()
	}
	for i := range y.V {
		y.V[i] = rnd.NormFloat64()
	}
	direct, err := NewRidge(x, y, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	// The same inputs and one that says nothing: now there are fewer rows than inputs.
	wide := NewMatrix(inputs, inputs+1)
	for i := range inputs {
		copy(wide.Row(i), x.Row(i))
	}
	mixed, err := NewRidge(wide, y, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	a, b := make([]float64, 3), make([]float64, 3)
	in := make([]float64, inputs+1)
	for i := range inputs {
		in[i] = rnd.NormFloat64()
	}
	direct.Predict(in[:inputs], a)
	mixed.Predict(in, b)
	for k := range a {
		if math.Abs(a[k]-b[k]) > 1e-9 {
			t.Errorf("output %d: %v and %v", k, a[k], b[k])
		}
	}
}

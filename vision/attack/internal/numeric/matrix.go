// Package numeric is the little linear algebra and Fourier analysis that the attacks need, on float64 and
// without tricks: symmetric systems by Cholesky's method, ridge regression, and the two-dimensional FFT.
package numeric

import (
	"errors"
	"math"
)

// Matrix is rows of equal length, one after another.
type Matrix struct {
	Rows, Cols int
	V          []float64
}

// NewMatrix returns a matrix of zeros.
func NewMatrix(rows, cols int) *Matrix { return &Matrix{rows, cols, make([]float64, rows*cols)} }

// Row returns a row, in place.
func (m *Matrix) Row(i int) []float64 { return m.V[i*m.Cols : (i+1)*m.Cols] }

// Dot is the inner product.
func Dot(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

// axpy adds t*x to y.
func axpy(t float64, x, y []float64) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += t * v
	}
}

// Gram returns the transpose of a times b: a.Cols x b.Cols. a and b have the same rows.
func Gram(a, b *Matrix) *Matrix {
	out := NewMatrix(a.Cols, b.Cols)
	for r := range a.Rows {
		ra, rb := a.Row(r), b.Row(r)
		for i, v := range ra {
			if v != 0 {
				axpy(v, rb, out.Row(i))
			}
		}
	}
	return out
}

// ErrSingular says that a matrix is not positive definite.
var ErrSingular = errors.New("numeric: the matrix is not positive definite")

// Cholesky factors a symmetric positive definite matrix in place: its lower half becomes L with L*L' the
// matrix.
func Cholesky(m *Matrix) error {
	n := m.Rows
	for i := range n {
		ri := m.Row(i)
		for j := range i + 1 {
			rj := m.Row(j)
			v := ri[j] - Dot(ri[:j], rj[:j])
			if i == j {
				if !(v > 0) {
					return ErrSingular
				}
				ri[i] = math.Sqrt(v)
			} else {
				ri[j] = v / rj[j]
			}
		}
	}
	return nil
}

// SolveCholesky solves L*L'x = b in place of b, which has one column for each system.
func SolveCholesky(l, b *Matrix) {
	n := l.Rows
	for i := range n {
		ri, bi := l.Row(i), b.Row(i)
		for k := range i {
			axpy(-ri[k], b.Row(k), bi)
		}
		scale(bi, 1/ri[i])
	}
	for i := n - 1; i >= 0; i-- {
		bi := b.Row(i)
		for k := i + 1; k < n; k++ {
			axpy(-l.Row(k)[i], b.Row(k), bi)
		}
		scale(bi, 1/l.Row(i)[i])
	}
}

func scale(v []float64, t float64) {
	for i := range v {
		v[i] *= t
	}
}

// Ridge is a linear prediction with standardised inputs (Hoerl, Kennard 1970).
type Ridge struct {
	mean, inverse []float64 // of the inputs: mean, and one over the deviation
	out           []float64 // the outputs' mean
	weights       *Matrix   // inputs x outputs
}

// still is the deviation below which an input counts as one that says nothing.
const still = 1e-9

// NewRidge learns to predict the rows of y from the rows of x. lambda is the weight of the penalty for each
// row of x, and above zero. Inputs that never change get no weight.
func NewRidge(x, y *Matrix, lambda float64) (*Ridge, error) {
	all, err := NewRidges(x, y, lambda)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// NewRidges learns with several penalties, which costs little more than one.
func NewRidges(x, y *Matrix, lambdas ...float64) ([]*Ridge, error) {
	r := Ridge{mean: make([]float64, x.Cols), inverse: make([]float64, x.Cols), out: make([]float64, y.Cols)}
	n := float64(x.Rows)
	for i := range x.Rows {
		axpy(1/n, x.Row(i), r.mean)
		axpy(1/n, y.Row(i), r.out)
	}
	for i := range x.Rows {
		for k, v := range x.Row(i) {
			r.inverse[k] += (v - r.mean[k]) * (v - r.mean[k]) / n
		}
	}
	for k, v := range r.inverse {
		r.inverse[k] = 0
		if d := math.Sqrt(v); d > still {
			r.inverse[k] = 1 / d
		}
	}
	xs, ys := NewMatrix(x.Rows, x.Cols), NewMatrix(y.Rows, y.Cols)
	for i := range x.Rows {
		r.standard(x.Row(i), xs.Row(i))
		for k, v := range y.Row(i) {
			ys.Row(i)[k] = v - r.out[k]
		}
	}
	// With fewer rows than inputs the weights are mixtures of the rows, and it costs less to look for those.
	few := xs.Rows < xs.Cols
	var system, right *Matrix
	if few {
		t := xs.transposed()
		system, right = Gram(t, t), ys
	} else {
		system, right = Gram(xs, xs), Gram(xs, ys)
	}
	var out []*Ridge
	for _, lambda := range lambdas {
		a, w := system.clone(), right.clone()
		for i := range a.Rows {
			a.Row(i)[i] += lambda * n
		}
		if err := Cholesky(a); err != nil {
			return nil, err
		}
		SolveCholesky(a, w)
		if few {
			w = Gram(xs, w)
		}
		one := r
		one.weights = w
		out = append(out, &one)
	}
	return out, nil
}

func (m *Matrix) clone() *Matrix { return &Matrix{m.Rows, m.Cols, append([]float64(nil), m.V...)} }

func (m *Matrix) transposed() *Matrix {
	t := NewMatrix(m.Cols, m.Rows)
	for i := range m.Rows {
		for k, v := range m.Row(i) {
			t.V[k*m.Rows+i] = v
		}
	}
	return t
}

func (r *Ridge) standard(x, out []float64) {
	for k, v := range x {
		out[k] = (v - r.mean[k]) * r.inverse[k]
	}
}

// Predict writes the prediction from x.
func (r *Ridge) Predict(x, out []float64) {
	copy(out, r.out)
	for k, v := range x {
		if t := (v - r.mean[k]) * r.inverse[k]; t != 0 {
			axpy(t, r.weights.Row(k), out)
		}
	}
}

// Mean returns what is predicted of an input that says nothing.
func (r *Ridge) Mean() []float64 { return r.out }

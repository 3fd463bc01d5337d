package numeric

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// FFT transforms in place; the length is a power of two. The inverse is not divided by the length.
func FFT(v []complex128, inverse bool) {
	n := len(v)
	shift := 64 - bits.TrailingZeros(uint(n))
	for i := range v {
		if j := int(bits.Reverse64(uint64(i)) >> shift); n > 1 && j > i {
			v[i], v[j] = v[j], v[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		turn := -2 * math.Pi / float64(size)
		if inverse {
			turn = -turn
		}
		step := cmplx.Rect(1, turn)
		for from := 0; from < n; from += size {
			w := complex(1, 0)
			for k := from; k < from+size/2; k++ {
				a, b := v[k], v[k+size/2]*w
				v[k], v[k+size/2] = a+b, a-b
				w *= step
			}
		}
	}
}

// Plane is complex values on a grid whose sides are powers of two.
type Plane struct {
	Wide, High int
	V          []complex128
}

// NewPlane returns a plane of zeros with room for width x height values.
func NewPlane(width, height int) *Plane {
	p := &Plane{Wide: power(width), High: power(height)}
	p.V = make([]complex128, p.Wide*p.High)
	return p
}

func power(n int) int { return 1 << bits.Len(uint(n-1)) }

// Transform is the two-dimensional FFT, in place. The inverse is divided by the number of values.
func (p *Plane) Transform(inverse bool) {
	for y := range p.High {
		FFT(p.V[y*p.Wide:(y+1)*p.Wide], inverse)
	}
	col := make([]complex128, p.High)
	for x := range p.Wide {
		for y := range col {
			col[y] = p.V[y*p.Wide+x]
		}
		FFT(col, inverse)
		for y, v := range col {
			if inverse {
				v /= complex(float64(len(p.V)), 0)
			}
			p.V[y*p.Wide+x] = v
		}
	}
}

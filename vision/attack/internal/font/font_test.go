package font

import "testing"

// Letters that look alike to the point would make reading them impossible, whatever hides them.
func TestLettersDiffer(t *testing.T) {
	for i, a := range Alphabet {
		for _, b := range Alphabet[i+1:] {
			differ := 0
			for row := range High {
				for col := range Wide {
					if At(a, col, row) != At(b, col, row) {
						differ++
					}
				}
			}
			if differ < 2 {
				t.Errorf("%c and %c differ in %d points", a, b, differ)
			}
		}
	}
}

func TestDraw(t *testing.T) {
	n, right := 0, 0
	Draw("I -i", func(x, y int) {
		if x < 0 || y < 0 || y >= High {
			t.Fatalf("%d,%d", x, y)
		}
		n, right = n+1, max(right, x)
	})
	if n != 11+0+5+11 || right >= Width("I -i") {
		t.Errorf("%d points, the last column is %d of %d", n, right, Width("I -i"))
	}
}

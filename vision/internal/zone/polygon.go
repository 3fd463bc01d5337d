package zone

import "fmt"

// check refuses what is no set of simple polygons within the picture, or more than 60 % of it.
func check(zones [][]Point, large bool) error {
	corners := 0
	for _, p := range zones {
		corners += len(p)
	}
	switch {
	case corners == 0:
		return ErrMissing
	case len(zones) > maxZones:
		return fmt.Errorf("%w: it has %d parts, at most %d are allowed", ErrInvalid, len(zones), maxZones)
	case corners > maxCorners:
		return fmt.Errorf("%w: it has %d corners, at most %d are allowed", ErrInvalid, corners, maxCorners)
	}
	for i, p := range zones {
		if err := simple(p); err != nil {
			return fmt.Errorf("%w: %s %w", ErrInvalid, name(i, zones), err)
		}
	}
	// Rounding is some 1e-12 of the picture; what is exactly the most is allowed.
	const slack = 1e-9
	if share := cover(zones); !large && share > mostParts/100.0+slack {
		return fmt.Errorf("%w: it takes %.2f %% of the picture, %d %% are allowed", ErrTooLarge, 100*share, mostParts)
	}
	return nil
}

// name is what a message calls a polygon.
func name(i int, zones [][]Point) string {
	if len(zones) == 1 {
		return "it"
	}
	return fmt.Sprintf("part %d", i+1)
}

// simple says why a polygon is none, or does not lie in the picture.
func simple(p []Point) error {
	n := len(p)
	if n < minCorners {
		return fmt.Errorf("has %d corners, at least %d are needed", n, minCorners)
	}
	for i, c := range p {
		if c.X < 0 || c.X > Unit || c.Y < 0 || c.Y > Unit {
			return fmt.Errorf("has its corner %d outside the picture", i+1)
		}
		if c == p[(i+1)%n] {
			return fmt.Errorf("has its corner %d twice", i+1)
		}
	}
	for i := range n {
		a, b := p[i], p[(i+1)%n]
		// The next edge shares b. It may not run back over this one.
		if c := p[(i+2)%n]; cross(a, b, c) == 0 && dot(b, a, c) > 0 {
			return fmt.Errorf("has its edges %d and %d upon one another", i+1, (i+1)%n+1)
		}
		for j := i + 2; j < n; j++ {
			if i == 0 && j == n-1 {
				continue // neighbours around the end
			}
			if touch(a, b, p[j], p[(j+1)%n]) {
				return fmt.Errorf("has edges %d and %d that cross or touch", i+1, j+1)
			}
		}
	}
	return nil
}

// cross is positive where c lies to one side of the line from a to b, and 0 on it.
func cross(a, b, c Point) int64 {
	return int64(b.X-a.X)*int64(c.Y-a.Y) - int64(b.Y-a.Y)*int64(c.X-a.X)
}

// dot is positive where b and c, seen from o, lie less than a right angle apart.
func dot(o, b, c Point) int64 {
	return int64(b.X-o.X)*int64(c.X-o.X) + int64(b.Y-o.Y)*int64(c.Y-o.Y)
}

// touch reports whether the closed segments ab and cd have a point in common.
func touch(a, b, c, d Point) bool {
	abc, abd := sign(cross(a, b, c)), sign(cross(a, b, d))
	cda, cdb := sign(cross(c, d, a)), sign(cross(c, d, b))
	if abc*abd < 0 && cda*cdb < 0 {
		return true
	}
	on := func(a, b, p Point) bool { // p is known to lie on the line through a and b
		return min(a.X, b.X) <= p.X && p.X <= max(a.X, b.X) && min(a.Y, b.Y) <= p.Y && p.Y <= max(a.Y, b.Y)
	}
	return abc == 0 && on(a, b, c) || abd == 0 && on(a, b, d) ||
		cda == 0 && on(c, d, a) || cdb == 0 && on(c, d, b)
}

func sign(v int64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// inside reports whether the whole rectangle lo..hi lies in the simple polygon. If no edge enters the
// rectangle's open interior, all of that interior is on one side, and its centre says on which.
func inside(poly []Point, lo, hi Point) bool {
	for i, a := range poly {
		if enters(a, poly[(i+1)%len(poly)], lo, hi) {
			return false
		}
	}
	// Twice the centre, so that it stays an integer; twice the polygon with it.
	c := Point{lo.X + hi.X, lo.Y + hi.Y}
	in := false
	for i, a := range poly {
		b := poly[(i+1)%len(poly)]
		a, b = Point{2 * a.X, 2 * a.Y}, Point{2 * b.X, 2 * b.Y}
		if (a.Y > c.Y) != (b.Y > c.Y) && (cross(a, b, c) > 0) == (b.Y > a.Y) {
			in = !in
		}
	}
	return in
}

// enters reports whether the segment ab meets the open rectangle lo..hi: the two are apart exactly if
// one of three axes separates them, the rectangle's two and the segment's own normal.
func enters(a, b, lo, hi Point) bool {
	if max(a.X, b.X) <= lo.X || min(a.X, b.X) >= hi.X || max(a.Y, b.Y) <= lo.Y || min(a.Y, b.Y) >= hi.Y {
		return false
	}
	c1, c2 := cross(a, b, lo), cross(a, b, hi)
	c3, c4 := cross(a, b, Point{lo.X, hi.Y}), cross(a, b, Point{hi.X, lo.Y})
	return min(c1, c2, c3, c4) < 0 && max(c1, c2, c3, c4) > 0
}

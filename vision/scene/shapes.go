package scene

import "math"

func (c *canvas) rect(with ink, x0, y0, x1, y1 float64) {
	c.fill(with, pt{x0, y0}, pt{x1, y0}, pt{x1, y1}, pt{x0, y1})
}

// round fills a rectangle with rounded corners.
func (c *canvas) round(with ink, x0, y0, x1, y1, r float64) {
	c.fill(with, rounded(x0, y0, x1, y1, r)...)
}

func rounded(x0, y0, x1, y1, r float64) []pt {
	r = min(r, (x1-x0)/2, (y1-y0)/2)
	out := make([]pt, 0, 24)
	for i, o := range [4]pt{{x1 - r, y0 + r}, {x1 - r, y1 - r}, {x0 + r, y1 - r}, {x0 + r, y0 + r}} {
		for k := range 6 {
			s, co := math.Sincos((float64(i-1) + float64(k)/5) * math.Pi / 2)
			out = append(out, pt{o.x + r*co, o.y + r*s})
		}
	}
	return out
}

func (c *canvas) oval(with ink, x, y, rx, ry float64) {
	c.fill(with, arc(x, y, rx, ry, 0, 2*math.Pi)...)
}

// arc returns a part of an ellipse's rim, closed by a straight line where it is filled.
func arc(x, y, rx, ry, from, to float64) []pt {
	const n = 28
	out := make([]pt, n+1)
	for i := range out {
		s, co := math.Sincos(from + (to-from)*float64(i)/n)
		out[i] = pt{x + rx*co, y + ry*s}
	}
	return out
}

// stroke draws a line of the given width with round ends through the points.
func (c *canvas) stroke(with ink, width float64, line ...pt) {
	// The sheet's units are not square at every size; the width is meant downwards.
	k := c.sy / c.sx
	for i, p := range line {
		c.oval(with, p.x, p.y, width/2*k, width/2)
		if i == 0 {
			continue
		}
		q := line[i-1]
		dx, dy := (p.x-q.x)/k, p.y-q.y
		l := math.Hypot(dx, dy)
		if l == 0 {
			continue
		}
		nx, ny := -dy/l*width/2*k, dx/l*width/2
		c.fill(with, pt{p.x + nx, p.y + ny}, pt{q.x + nx, q.y + ny}, pt{q.x - nx, q.y - ny}, pt{p.x - nx, p.y - ny})
	}
}

// The hall in metres: x to the right, h above the floor, z away from the camera, which looks
// straight ahead from head height through a lens that is shifted downwards, so that walls stay upright.
const (
	lens    = 800.0 // sheet units for a metre at one metre
	eyeX    = 640.0
	horizon = 177.0
	eyeH    = 1.6
	wallZ   = 3.48 // the wall with the front door
)

func project(x, h, z float64) pt { return pt{eyeX + x*lens/z, horizon + (eyeH-h)*lens/z} }

// floorQuad returns a rectangle on the floor.
func floorQuad(x0, x1, near, far float64) []pt {
	return []pt{project(x0, 0, far), project(x1, 0, far), project(x1, 0, near), project(x0, 0, near)}
}

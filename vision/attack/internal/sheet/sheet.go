// Package sheet lays the best that each attack has found beside the truth, on one picture for people to look
// at: a row for each attack, a column for what is seen and what is guessed of each subject.
package sheet

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"slices"
	"strings"
	"sync"

	"vestibule/vision/attack/internal/font"
	"vestibule/vision/internal/glass"
)

// Column is where in its row a picture stands.
type Column int

// The columns.
const (
	Truth Column = iota
	FrostedSeen
	FrostedGuess
	BlurSeen
	BlurGuess
	ControlSeen
	ControlGuess
	columns
)

var titles = [columns]string{
	"the truth", "frosted: what is seen", "frosted: best guess", "blur: what is seen", "blur: best guess",
	"control: what is seen", "control: best guess",
}

// Picture is one picture of the sheet.
type Picture struct {
	Column  Column
	Caption string // of a few words: three lines of 22 letters are there for them
	Image   image.Image
}

// Sheet collects pictures. It may be used by several goroutines.
type Sheet struct {
	mu   sync.Mutex
	rows []*row
}

type row struct {
	id, title string
	cells     [columns]*Picture
}

// New returns an empty sheet.
func New() *Sheet { return &Sheet{} }

// Put puts a picture into the row of an attack, unless there is one in its place.
func (s *Sheet) Put(id string, p Picture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.row(id)
	if r.cells[p.Column] == nil {
		r.cells[p.Column] = &p
	}
}

// Title names a row.
func (s *Sheet) Title(id, title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.row(id).title = title
}

func (s *Sheet) row(id string) *row {
	i := slices.IndexFunc(s.rows, func(r *row) bool { return r.id == id })
	if i < 0 {
		i = len(s.rows)
		s.rows = append(s.rows, &row{id: id})
	}
	return s.rows[i]
}

const (
	tileWide, tileHigh = 264, 198
	gap                = 10
	line               = 2*font.High + 4 // a line of text, at two pixels a point
	head               = line + gap
	captionLines       = 3
	rowHigh            = line + tileHigh + captionLines*line + gap
)

// PNG writes the sheet to a file.
func (s *Sheet) PNG(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, s.Draw()); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// Draw returns the sheet as a picture.
func (s *Sheet) Draw() image.Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	img := image.NewRGBA(image.Rect(0, 0, gap+int(columns)*(tileWide+gap), head+len(s.rows)*rowHigh+gap))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{24, 26, 29, 255}), image.Point{}, draw.Src)
	for c, t := range titles {
		write(img, gap+c*(tileWide+gap), gap, t, color.RGBA{150, 200, 255, 255})
	}
	for i, r := range s.rows {
		y := head + i*rowHigh
		write(img, gap, y, strings.TrimSpace(r.id+" "+r.title), color.RGBA{255, 214, 120, 255})
		for c, p := range r.cells {
			at := image.Rect(0, 0, tileWide, tileHigh).Add(image.Pt(gap+c*(tileWide+gap), y+line))
			if p == nil {
				draw.Draw(img, at, image.NewUniform(color.RGBA{34, 37, 41, 255}), image.Point{}, draw.Src)
				continue
			}
			fit(img, at, p.Image)
			for k, text := range wrap(p.Caption) {
				write(img, at.Min.X, at.Max.Y+4+k*line, text, color.RGBA{225, 225, 225, 255})
			}
		}
	}
	return img
}

// wrap breaks a caption into lines that fit below a tile. What does not fit is left out.
func wrap(caption string) []string {
	const most = (tileWide/2 + 1) / (font.Wide + 1)
	var lines []string
	for _, part := range strings.Split(caption, "\n") {
		now := ""
		for _, word := range strings.Fields(part) {
			switch {
			case now == "":
				now = word
			case len([]rune(now))+1+len([]rune(word)) <= most:
				now += " " + word
			default:
				lines = append(lines, now)
				now = word
			}
		}
		lines = append(lines, now)
	}
	return lines[:min(len(lines), captionLines)]
}

// write draws a line of text at two pixels a point.
func write(img *image.RGBA, x, y int, text string, c color.RGBA) {
	const size = 2
	font.Draw(text, func(px, py int) {
		draw.Draw(img, image.Rect(px*size, py*size, px*size+size, py*size+size).Add(image.Pt(x, y)),
			image.NewUniform(c), image.Point{}, draw.Src)
	})
}

// fit draws a picture as large as its place allows: shrunk by means, enlarged by repeating pixels.
func fit(img *image.RGBA, at image.Rectangle, p image.Image) {
	b := p.Bounds()
	w, h := at.Dx(), b.Dy()*at.Dx()/b.Dx()
	if h > at.Dy() {
		w, h = b.Dx()*at.Dy()/b.Dy(), at.Dy()
	}
	x0, y0 := at.Min.X+(at.Dx()-w)/2, at.Min.Y+(at.Dy()-h)/2
	for y := range h {
		for x := range w {
			from := image.Rect(b.Min.X+x*b.Dx()/w, b.Min.Y+y*b.Dy()/h, b.Min.X+(x+1)*b.Dx()/w, b.Min.Y+(y+1)*b.Dy()/h)
			img.SetRGBA(x0+x, y0+y, mean(p, from))
		}
	}
}

func mean(p image.Image, r image.Rectangle) color.RGBA {
	r.Max.X, r.Max.Y = max(r.Max.X, r.Min.X+1), max(r.Max.Y, r.Min.Y+1)
	var sum [3]uint32
	n := uint32(r.Dx() * r.Dy())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			cr, cg, cb, _ := p.At(x, y).RGBA()
			sum[0], sum[1], sum[2] = sum[0]+cr>>8, sum[1]+cg>>8, sum[2]+cb>>8
		}
	}
	return color.RGBA{byte(sum[0] / n), byte(sum[1] / n), byte(sum[2] / n), 255}
}

// I420 returns planes (BT.601, limited range) as a picture.
func I420(p *glass.Planes) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for y := range p.Height {
		for x := range p.Width {
			c := y/2*(p.Width/2) + x/2
			l := float64(int(p.Y[y*p.Width+x])-16) * 255 / 219
			b, r := float64(int(p.Cb[c])-128), float64(int(p.Cr[c])-128)
			img.SetRGBA(x, y, color.RGBA{full(l + 1.596*r), full(l - 0.392*b - 0.813*r), full(l + 2.017*b), 255})
		}
	}
	return img
}

// Luma returns values of 16..235, row by row, as a grey picture.
func Luma(width int, v []float64) image.Image {
	img := image.NewGray(image.Rect(0, 0, width, len(v)/width))
	for i, l := range v {
		img.Pix[i] = full((l - 16) * 255 / 219)
	}
	return img
}

func full(v float64) byte { return byte(min(max(v+0.5, 0), 255)) }

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
	"unicode/utf8"

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
	Caption string      // below it: a few words, which are broken to the picture's width
	Image   image.Image // nil where words say it all
	Words   string      // in its middle: that there is nothing to see, or what was found in place of a picture
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
	gap                = 14                  // around and between pictures
	apart              = 16                  // more of it between one subject and the next
	point              = 2                   // pixels a point of the letters
	line               = point*font.High + 6 // a line of text
	head               = gap + line + gap    // the columns' titles
)

// left is where a column begins: what is seen and what is guessed of it stand together.
func left(c Column) int {
	return gap + int(c)*(tileWide+gap) + (int(c)+1)/2*apart
}

// high is how much room a row takes: its title, its pictures and the longest caption.
func (r *row) high() int {
	most := 0
	for _, p := range r.cells {
		if p != nil {
			most = max(most, len(wrap(p.Caption, tileWide)))
		}
	}
	return line + tileHigh + gap/2 + most*line + 2*gap
}

// PNG writes the sheet to a file.
func (s *Sheet) PNG(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	small := png.Encoder{CompressionLevel: png.BestCompression}
	if err := small.Encode(f, s.Draw()); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// Draw returns the sheet as a picture.
func (s *Sheet) Draw() image.Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	high := head
	for _, r := range s.rows {
		high += r.high()
	}
	img := image.NewRGBA(image.Rect(0, 0, left(columns-1)+tileWide+gap, high))
	draw.Draw(img, img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	for c, t := range titles {
		write(img, left(Column(c)), gap, t, blue)
	}
	y := head
	for _, r := range s.rows {
		draw.Draw(img, image.Rect(gap, y-gap/2, img.Rect.Max.X-gap, y-gap/2+1), image.NewUniform(rule), image.Point{}, draw.Src)
		write(img, gap, y, strings.TrimSpace(r.id+" "+r.title), yellow)
		for c, p := range r.cells {
			if p != nil {
				p.draw(img, image.Rect(0, 0, tileWide, tileHigh).Add(image.Pt(left(Column(c)), y+line)))
			}
		}
		y += r.high()
	}
	return img
}

var (
	paper  = color.RGBA{24, 26, 29, 255}
	panel  = color.RGBA{38, 41, 46, 255}
	rule   = color.RGBA{58, 62, 68, 255}
	white  = color.RGBA{228, 228, 228, 255}
	blue   = color.RGBA{150, 200, 255, 255}
	yellow = color.RGBA{255, 214, 120, 255}
)

// draw draws a picture in its place, with what is said in it and below it.
func (p *Picture) draw(img *image.RGBA, at image.Rectangle) {
	if p.Image == nil {
		draw.Draw(img, at, image.NewUniform(panel), image.Point{}, draw.Src)
	} else {
		fit(img, at, p.Image)
	}
	words := wrap(p.Words, tileWide-2*gap)
	y := at.Min.Y + (tileHigh-len(words)*line)/2
	for k, text := range words {
		write(img, at.Min.X+(tileWide-point*font.Width(text))/2, y+k*line, text, white)
	}
	for k, text := range wrap(p.Caption, tileWide) {
		write(img, at.Min.X, at.Max.Y+gap/2+k*line, text, white)
	}
}

// wrap breaks words into lines that are no wider than so many pixels, at blanks but not at those that hold a
// number to its unit (U+00A0). A word that is wider is broken too.
func wrap(text string, wide int) []string {
	most := (wide/point + 1) / (font.Wide + 1)
	var lines []string
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		now := ""
		for _, word := range strings.FieldsFunc(part, func(r rune) bool { return r == ' ' }) {
			if now != "" && utf8.RuneCountInString(now)+1+utf8.RuneCountInString(word) <= most {
				now += " " + word
				continue
			}
			if now != "" {
				lines = append(lines, now)
			}
			letters := []rune(word)
			for ; len(letters) > most; letters = letters[most:] {
				lines = append(lines, string(letters[:most]))
			}
			now = string(letters)
		}
		if now != "" {
			lines = append(lines, now)
		}
	}
	return lines
}

// write draws a line of text.
func write(img *image.RGBA, x, y int, text string, c color.RGBA) {
	const size = point
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

// Pair lays two pictures of one size side by side.
func Pair(a, b image.Image) image.Image {
	const between = 6
	wide, high := a.Bounds().Dx(), a.Bounds().Dy()
	img := image.NewRGBA(image.Rect(0, 0, 2*wide+between, high))
	draw.Draw(img, img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, wide, high), a, a.Bounds().Min, draw.Src)
	draw.Draw(img, image.Rect(wide+between, 0, 2*wide+between, high), b, b.Bounds().Min, draw.Src)
	return img
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

package room

import (
	"vestibule/vision/attack/internal/font"
	"vestibule/vision/internal/raw"
)

// Board is a white board of letters that hangs on the left of a room: the attacker knows where it hangs, how
// large its letters are, their font, ink and paper, and the rest of the room to the pixel. He does not know
// which letters they are.
type Board struct {
	Point  int      // pixels of a letter's point; a letter is 5 by 7 of them
	Places [][2]int // the letters' left upper corners
}

// The levels of a board's paper and ink.
const paper, ink = 205, 40

// NewBoard fills the left of a world with places for letters of a size, each with room around it.
func NewBoard(w *World, point int) Board {
	b := Board{Point: point}
	left, right := 8, w.Width
	for _, r := range w.Zone.Runs() {
		right = min(right, r.X)
	}
	stepX, stepY := max((font.Wide+1)*point, w.Width/14), max((font.High+2)*point, w.Height/8)
	for y := 10; y+font.High*point <= w.Height-8; y += stepY {
		for x := left; x+font.Wide*point <= right-4; x += stepX {
			b.Places = append(b.Places, [2]int{x, y})
		}
	}
	return b
}

// High is a letter's height in pixels.
func (b Board) High() int { return font.High * b.Point }

// Hang paints the board without letters over the hidden part of a clean frame.
func (b Board) Hang(w *World, f *raw.Frame) {
	last := b.Places[len(b.Places)-1]
	for y := 4; y < min(last[1]+b.High()+6, w.Height); y++ {
		for x := 2; x < w.Width/2; x++ {
			if w.Zone.Shown(x, y) || x > w.Width*35/100 {
				break
			}
			f.Y[y*w.Width+x] = paper
			f.Cb[y/2*w.Width/2+x/2], f.Cr[y/2*w.Width/2+x/2] = 128, 128
		}
	}
}

// Ink calls at for every pixel that a letter inks at a place.
func (b Board) Ink(w *World, letter, place int, at func(i int)) {
	p := b.Places[place]
	for row := range b.High() {
		for col := range font.Wide * b.Point {
			if font.At(rune(font.Alphabet[letter]), col/b.Point, row/b.Point) {
				at((p[1]+row)*w.Width + p[0] + col)
			}
		}
	}
}

// Contrast is what ink takes from a pixel of paper.
const Contrast = paper - ink

// Write writes letters on the board, one for each place.
func (b Board) Write(w *World, letters []int, f *raw.Frame) {
	for place, letter := range letters {
		b.Ink(w, letter, place, func(i int) { f.Y[i] = ink })
	}
}

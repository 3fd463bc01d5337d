//go:build !race

package firmware_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Dye is an interior that can be known again wherever it turns up: in the upper half every pixel left of the zone is
// black or white by a keyed coin. Black and white stay what they are in every form that a frame takes on its way
// (luma of 16 and 235, and 0 and 255 in blue, green and red), so the coins can be read off a stretch of memory
// whichever form it holds. The same half's blue is as much or as little as there can be, by other coins. In the lower
// half are upright bars, the same in every frame, as wide as a point of what the shadow learns of the interior, in 128
// points across: so a mean of such pixels, and of many frames, shows them still.
type dye struct {
	words map[uint64]form // 64 coins in a row, at every eighth pixel of every row of every frame
	bars  [dyeBars]bool   // light or dark
}

// form is what the dye was laid on.
type form int

const (
	ofLight form = iota + 1
	ofColour
)

const (
	dyeWidth, dyeHeight = 640, 480
	dyeFrames           = 24
	dyeRun              = 192 // pixels from the left border; the zone begins at 240
	barWide             = dyeWidth / 128
	dyeBars             = dyeRun / barWide
	barLeast            = 8                 // from dark to light
	barsSpan            = 4 * (dyeBars + 1) // bytes of an integral of them, the longest form
)

// bars are dark, light, dark, light, and then what their coins say.
func bars() (b [dyeBars]bool) {
	coins := rand.New(rand.NewPCG(0xba5, 0xd7e))
	for i := range b {
		b[i] = i%2 == 1
		if i >= 4 {
			b[i] = coins.Uint64()&1 == 1
		}
	}
	return b
}

// keep adds a row's coin at x to those before it.
func (d dye) keep(word uint64, x int, coin uint64, of form) uint64 {
	word = word<<1 | coin
	if x >= 63 && x%8 == 7 {
		d.words[word] = of
	}
	return word
}

// film writes a film of dye, uncompressed, whose zone is grey and moves.
func film(t *testing.T, path string) dye {
	t.Helper()
	d := dye{words: map[uint64]form{}, bars: bars()}
	yuv := path + ".yuv"
	f, err := os.Create(yuv)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	row := make([]byte, dyeWidth)
	for n := range dyeFrames {
		coins := rand.New(rand.NewPCG(uint64(n), 0xd7e))
		for y := range dyeHeight {
			var word uint64
			for x := range row {
				row[x] = byte(100 + (x+y+4*n)%60)
				switch bar := x / barWide; {
				case y >= dyeHeight/2:
					if bar < dyeBars {
						row[x] = 16
						if d.bars[bar] {
							row[x] = 235
						}
					}
				case x < dyeRun:
					coin := coins.Uint64() & 1
					row[x] = byte(16 + 219*coin)
					word = d.keep(word, x, coin, ofLight)
				}
			}
			if _, err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		chroma := bytes.Repeat([]byte{128}, dyeWidth*dyeHeight/2) // Cb, then Cr
		for y := range dyeHeight / 4 {
			var word uint64
			for x := range dyeRun / 2 {
				coin := coins.Uint64() & 1
				chroma[y*dyeWidth/2+x] = byte(16 + 224*coin)
				word = d.keep(word, x, coin, ofColour)
			}
		}
		if _, err := w.Write(chroma); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", fmt.Sprintf("%dx%d", dyeWidth, dyeHeight),
		"-r", "30", "-i", yuv, "-c:v", "rawvideo", "-pix_fmt", "yuv420p", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make a film, by ffmpeg (Debian's package ffmpeg): %v\n%s", err, out)
	}
	if err := os.Remove(yuv); err != nil {
		t.Fatal(err)
	}
	return d
}

// finder looks for dye in bytes that are written to it.
type finder struct {
	dye          dye
	hits, colour int // colour is how many of the hits are

	plain lane    // luma, or any plane by itself
	mixed [3]lane // blue, green and red by turns
	turn  int
}

// lane is the last coins that were read.
type lane struct {
	word uint64
	n    int
}

// take reads a byte as a coin, or begins anew.
func (l *lane) take(b byte) (word uint64, full bool) {
	switch {
	case b <= 20:
		l.word <<= 1
	case b >= 230:
		l.word = l.word<<1 | 1
	default:
		l.n = 0
		return 0, false
	}
	l.n++
	return l.word, l.n >= 64
}

func (f *finder) Write(p []byte) (int, error) {
	for _, b := range p {
		f.look(f.plain.take(b))
		f.look(f.mixed[f.turn].take(b))
		f.turn = (f.turn + 1) % 3
	}
	return len(p), nil
}

func (f *finder) look(word uint64, full bool) {
	if !full || word == 0 || word == ^uint64(0) {
		return
	}
	switch f.dye.words[word] {
	case ofColour:
		f.colour++
		fallthrough
	case ofLight:
		f.hits++
	}
}

// forget begins anew, where what follows is not the continuation.
func (f *finder) forget() { f.plain, f.mixed = lane{}, [3]lane{} }

// sieve looks for the bars in bytes that are written to it, of which the first lies at a whole address: one number for
// each bar, of one, two or four bytes, whatever dark and light are in it. Or it is what each adds to the number before
// it, as in an integral.
type sieve struct {
	bars       [dyeBars]bool
	hits, sums int // sums is how many of the hits are
	rest       []byte
}

func (s *sieve) Write(p []byte) (int, error) {
	b := append(s.rest, p...)
	end := max(len(b)-barsSpan, -1) + 1
	end -= end % 4
	one := func(at int) int { return int(b[at]) }
	two := func(at int) int { return int(int16(binary.LittleEndian.Uint16(b[at:]))) }
	four := func(at int) int { return int(int32(binary.LittleEndian.Uint32(b[at:]))) }
	step := func(at int) int { return four(at+4) - four(at) }
	for i := range end {
		// Most is told from the bars by its first two numbers, and there is much.
		if one(i+1)-one(i) >= barLeast && s.at(one, i, 1) {
			s.hits++
		}
		if i%2 == 0 && two(i+2)-two(i) >= barLeast && s.at(two, i, 2) {
			s.hits++
		}
		if i%4 != 0 {
			continue
		}
		if four(i+4)-four(i) >= barLeast && s.at(four, i, 4) {
			s.hits++
		}
		if d := step(i+4) - step(i); (d >= barLeast || d <= -barLeast) && s.at(step, i, 4) {
			s.hits++
			s.sums++
		}
	}
	s.rest = append(s.rest[:0:0], b[end:]...)
	return len(p), nil
}

// at reports whether the numbers from i on are the bars: each within a quarter of what lies between dark and light.
func (s *sieve) at(number func(at int) int, i, wide int) bool {
	dark, light := number(i), number(i+wide)
	near := max(light-dark, dark-light) / 4
	for k := 2; k < dyeBars; k++ {
		is := dark
		if s.bars[k] {
			is = light
		}
		if v := number(i + k*wide); v < is-near || v > is+near {
			return false
		}
	}
	return true
}

// found is how often dye was: as it is, of that in colour, averaged, and of that in an integral. What the shadow
// integrates is what a look differs from the others by, after what the light explains, and bars that stand still are not
// in that: an integral that shows them is one that should not be there.
type found struct{ fine, colour, coarse, sums int }

// traces looks through all memory of a process that it may write, and says where dye was found.
func (d dye) traces(t *testing.T, pid int) (hits found, where []string) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	seen := int64(0)
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		from, to, _ := strings.Cut(fields[0], "-")
		low, errLow := strconv.ParseUint(from, 16, 63)
		high, errHigh := strconv.ParseUint(to, 16, 63)
		if errLow != nil || errHigh != nil || !strings.HasPrefix(fields[1], "rw") {
			continue
		}
		f, s := finder{dye: d}, sieve{bars: d.bars}
		n, err := io.Copy(io.MultiWriter(&f, &s), io.NewSectionReader(mem, int64(low), int64(high-low)))
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && n == 0 {
			continue // a guard page, or gone since
		}
		seen += n
		if f.hits+s.hits > 0 {
			hits.fine += f.hits
			hits.colour += f.colour
			hits.coarse += s.hits
			hits.sums += s.sums
			where = append(where, fmt.Sprintf("%d and %d averaged in %s", f.hits, s.hits, strings.TrimSpace(line)))
		}
	}
	if seen < 1<<20 {
		t.Fatalf("only %d bytes of memory could be read", seen)
	}
	return hits, where
}

// The finder finds what it is there to find, in each form and at each alignment, and nothing else.
func TestDyeIsKnownAgain(t *testing.T) {
	d := film(t, filepath.Join(t.TempDir(), "dye.avi"))
	coins := rand.New(rand.NewPCG(3, 0xd7e))
	var luma, bgr, blue []byte
	for range dyeRun {
		c := coins.Uint64() & 1
		luma = append(luma, byte(16+219*c))
		bgr = append(bgr, byte(255*c), byte(255*c), byte(255*c))
	}
	coins = rand.New(rand.NewPCG(5, 0xd7e))
	for range dyeRun * dyeHeight / 2 { // those of light come first
		coins.Uint64()
	}
	for range dyeRun / 2 {
		blue = append(blue, byte(16+224*(coins.Uint64()&1)))
	}
	for name, c := range map[string]struct {
		bytes []byte
		found bool
	}{
		"a row of luma":               {luma, true},
		"the same in BGR":             {bgr, true},
		"half a row":                  {luma[50:130], true},
		"less than can be known":      {luma[:60], false},
		"a row of blue":               {blue, true},
		"zeros":                       {make([]byte, 5000), false},
		"ones":                        {bytes.Repeat([]byte{255}, 5000), false},
		"another interior's coins":    {shuffled(luma), false},
		"a row whose middle was lost": {append(append(bytes.Clone(luma[:40]), 77), luma[41:70]...), false},
	} {
		for shift := range 3 {
			f := finder{dye: d}
			fmt.Fprint(&f, strings.Repeat("x", shift))
			_, _ = f.Write(c.bytes)
			if (f.hits > 0) != c.found {
				t.Errorf("%s, moved by %d: %d hits", name, shift, f.hits)
			}
		}
	}
}

// So is the sieve: bars in numbers of each width, with noise, and cut in two by how they are read.
func TestBarsAreKnownAgain(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	row := func(b [dyeBars]bool, low, high, wide int) []byte {
		out := bytes.Repeat([]byte{0}, 32)
		for _, light := range b {
			v := low
			if light {
				v = high
			}
			v += noise.IntN(max((high-low)/8, 1))
			out = append(out, binary.LittleEndian.AppendUint32(nil, uint32(v))[:wide]...)
		}
		return append(out, make([]byte, barsSpan)...)
	}
	integral := func(b [dyeBars]bool, low, high int) []byte {
		out, sum := binary.LittleEndian.AppendUint32(nil, 0), 0
		for _, light := range b {
			sum += low
			if light {
				sum += high - low
			}
			out = binary.LittleEndian.AppendUint32(out, uint32(sum))
		}
		return append(out, make([]byte, barsSpan)...)
	}
	other := bars()
	other[20] = !other[20]
	for name, c := range map[string]struct {
		bytes []byte
		want  int
	}{
		"bytes":                 {row(bars(), 16, 200, 1), 1},
		"means":                 {row(bars(), 256, 3760, 2), 1},
		"logarithms below zero": {row(bars(), -900, 100, 2), 1},
		"sums":                  {row(bars(), 100_000, 900_000, 4), 1},
		"an integral":           {integral(bars(), 4000, 90_000), 1},
		"one below zero":        {integral(bars(), -90_000, 4000), 1},
		"another's integral":    {integral(other, 4000, 90_000), 0},
		"another interior's":    {row(other, 16, 235, 1), 0},
		"too faint":             {row(bars(), 100, 104, 1), 0},
		"zeros":                 {make([]byte, 5000), 0},
	} {
		for _, cut := range []int{0, 60, 100} {
			s := sieve{bars: bars()}
			_, _ = s.Write(c.bytes[:cut])
			_, _ = s.Write(c.bytes[cut:])
			if s.hits != c.want {
				t.Errorf("%s, cut at %d: %d hits", name, cut, s.hits)
			}
		}
	}
}

func shuffled(b []byte) []byte {
	b = bytes.Clone(b)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
	return b
}

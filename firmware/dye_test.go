//go:build !race

package firmware_test

import (
	"bufio"
	"bytes"
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

// Dye is an interior that can be known again wherever it turns up: every pixel left of the zone is black or
// white by a keyed coin. Black and white stay what they are in every form that a frame takes on its way
// (luma of 16 and 235, and 0 and 255 in blue, green and red), so the coins can be read off a stretch of memory
// whichever form it holds.
type dye struct {
	words map[uint64]bool // 64 coins in a row, at every eighth pixel of every row of every frame
}

const (
	dyeWidth, dyeHeight = 640, 480
	dyeFrames           = 24
	dyeRun              = 192 // pixels from the left border; the zone begins at 240
)

// film writes a film of dye, uncompressed, whose zone is grey and moves.
func film(t *testing.T, path string) dye {
	t.Helper()
	d := dye{words: map[uint64]bool{}}
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
				if x < dyeRun {
					coin := coins.Uint64() & 1
					row[x] = byte(16 + 219*coin)
					word = word<<1 | coin
					if x >= 63 && x%8 == 7 {
						d.words[word] = true
					}
				}
			}
			if _, err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Write(bytes.Repeat([]byte{128}, dyeWidth*dyeHeight/2)); err != nil {
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
	dye  dye
	hits int

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
		if w, ok := f.plain.take(b); ok && w != 0 && w != ^uint64(0) && f.dye.words[w] {
			f.hits++
		}
		if w, ok := f.mixed[f.turn].take(b); ok && w != 0 && w != ^uint64(0) && f.dye.words[w] {
			f.hits++
		}
		f.turn = (f.turn + 1) % 3
	}
	return len(p), nil
}

// forget begins anew, where what follows is not the continuation.
func (f *finder) forget() { f.plain, f.mixed = lane{}, [3]lane{} }

// traces looks through all memory of a process that it may write, and says where dye was found.
func (d dye) traces(t *testing.T, pid int) (hits int, where []string) {
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
		f := finder{dye: d}
		n, err := io.Copy(&f, io.NewSectionReader(mem, int64(low), int64(high-low)))
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && n == 0 {
			continue // a guard page, or gone since
		}
		seen += n
		if f.hits > 0 {
			hits += f.hits
			where = append(where, fmt.Sprintf("%d in %s", f.hits, strings.TrimSpace(line)))
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
	var luma, bgr []byte
	for range dyeRun {
		c := coins.Uint64() & 1
		luma = append(luma, byte(16+219*c))
		bgr = append(bgr, byte(255*c), byte(255*c), byte(255*c))
	}
	for name, c := range map[string]struct {
		bytes []byte
		found bool
	}{
		"a row of luma":               {luma, true},
		"the same in BGR":             {bgr, true},
		"half a row":                  {luma[50:130], true},
		"less than can be known":      {luma[:60], false},
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

func shuffled(b []byte) []byte {
	b = bytes.Clone(b)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
	return b
}

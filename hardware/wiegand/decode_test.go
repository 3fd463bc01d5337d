package wiegand_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"vestibule/hardware/wiegand"
)

// send makes the pulses of a transmission, 2 ms apart, from a text of 0 and 1; spaces are for the reader.
func send(text string) []wiegand.Pulse {
	var p []wiegand.Pulse
	for _, c := range text {
		if c != ' ' {
			p = append(p, wiegand.Pulse{One: c == '1', At: time.Duration(len(p)) * 2 * time.Millisecond})
		}
	}
	return p
}

// card makes the bits of a card of n bits, by the rule that the halves' parities follow.
func card(number uint64, n int) string {
	data := make([]byte, n-2)
	for i := range data {
		data[i] = '0' + byte(number>>(n-3-i)&1)
	}
	half := (n - 1) / 2
	ones := func(b []byte) (sum byte) {
		for _, c := range b {
			sum += c - '0'
		}
		return sum & 1
	}
	even, odd := ones(data[:half]), ones(data[len(data)-half:])^1
	return string(append(append([]byte{'0' + even}, data...), '0'+odd))
}

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		bits string
		want wiegand.Message
		err  error
	}{
		"key 0":                  {bits: "0000", want: wiegand.Message{Key: '0'}},
		"key 9":                  {bits: "1001", want: wiegand.Message{Key: '9'}},
		"key *":                  {bits: "1010", want: wiegand.Message{Key: '*'}},
		"key #":                  {bits: "1011", want: wiegand.Message{Key: '#'}},
		"key 7 with complement":  {bits: "1000 0111", want: wiegand.Message{Key: '7'}},
		"a key that is none":     {bits: "1100", err: wiegand.ErrKey},
		"a wrong complement":     {bits: "1001 0111", err: wiegand.ErrParity},
		"no bits":                {bits: "", err: wiegand.ErrLength},
		"5 bits":                 {bits: "00000", err: wiegand.ErrLength},
		"25 bits":                {bits: "0 000000000000 00000000000 1", err: wiegand.ErrLength},
		"38 bits":                {bits: card(0, 37) + "0", err: wiegand.ErrLength},
		"H10301, 123 and 45678":  {bits: "1 01111011 1011 001001101110 1", want: wiegand.Message{Bits: 26, Card: 123<<16 | 45678}},
		"its even parity wrong":  {bits: "0 01111011 1011 001001101110 1", err: wiegand.ErrParity},
		"its odd parity wrong":   {bits: "1 01111011 1011 001001101110 0", err: wiegand.ErrParity},
		"26 bits of zero":        {bits: "0 000000000000 000000000000 1", want: wiegand.Message{Bits: 26}},
		"a line stuck, all ones": {bits: "1 111111111111 111111111111 1", err: wiegand.ErrParity},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := wiegand.Decode(send(c.bits))
			if got != c.want || !errors.Is(err, c.err) || err == nil != (c.err == nil) {
				t.Errorf("%+v, %v, want %+v, %v", got, err, c.want, c.err)
			}
		})
	}
}

// Every length, in any order of arrival; every single wrong bit is noticed.
func TestDecodeEveryLength(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := wiegand.Shortest; n <= wiegand.Longest; n++ {
		for range 20 {
			number := r.Uint64() & (1<<(n-2) - 1)
			p := send(card(number, n))
			r.Shuffle(n, func(i, j int) { p[i], p[j] = p[j], p[i] })
			if m, err := wiegand.Decode(p); err != nil || m != (wiegand.Message{Bits: n, Card: number}) {
				t.Fatalf("%d bits of %x: %+v, %v", n, number, m, err)
			}
			for i := range p {
				p[i].One = !p[i].One
				// In a number of odd length the middle bit is in both halves: that is noticed twice.
				if m, err := wiegand.Decode(p); !errors.Is(err, wiegand.ErrParity) {
					t.Fatalf("%d bits, one of them wrong: %+v, %v", n, m, err)
				}
				p[i].One = !p[i].One
			}
		}
	}
}

func TestTimesMustBePossible(t *testing.T) {
	for name, spoil := range map[string]func(p []wiegand.Pulse){
		"two lines at once": func(p []wiegand.Pulse) { p[7].At = p[6].At },
		"a bounce":          func(p []wiegand.Pulse) { p[7].At = p[6].At + 20*time.Microsecond },
		"a long pause": func(p []wiegand.Pulse) {
			for i := 7; i < len(p); i++ {
				p[i].At += 26 * time.Millisecond
			}
		},
	} {
		p := send(card(12345, 26))
		spoil(p)
		if m, err := wiegand.Decode(p); !errors.Is(err, wiegand.ErrChatter) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, bits := range []string{"0101", "11100001", card(42, 26), card(1<<34, 37)} {
		var b []byte
		for _, p := range send(bits) {
			b = binary.LittleEndian.AppendUint16(b, 2000<<1) // µs since the last one, and the line
			if p.One {
				b[len(b)-2] |= 1
			}
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p []wiegand.Pulse
		var at time.Duration
		for ; len(b) >= 2; b = b[2:] {
			v := binary.LittleEndian.Uint16(b)
			at += time.Duration(int16(v)>>1) * time.Microsecond // backwards, too
			p = append(p, wiegand.Pulse{One: v&1 == 1, At: at})
		}
		before := append([]wiegand.Pulse(nil), p...)
		m, err := wiegand.Decode(p)
		for i := range p {
			if p[i] != before[i] {
				t.Fatal("changed what it was given")
			}
		}
		if err != nil {
			if m != (wiegand.Message{}) {
				t.Fatalf("%+v with %v", m, err)
			}
			return
		}
		// What is taken is what somebody could have sent.
		switch {
		case m.Key != 0:
			if len(p) != 4 && len(p) != 8 || m.Bits != 0 || m.Card != 0 {
				t.Fatalf("%+v from %d bits", m, len(p))
			}
		case m.Bits != len(p) || m.Card>>(m.Bits-2) != 0:
			t.Fatalf("%+v from %d bits", m, len(p))
		default:
			if again, err := wiegand.Decode(send(card(m.Card, m.Bits))); err != nil || again != m {
				t.Fatalf("%+v, sent again: %+v, %v", m, again, err)
			}
		}
	})
}

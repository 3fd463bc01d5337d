package live

import (
	"slices"
	"testing"

	"github.com/pion/rtcp"
)

func TestNothingOfBeforeAKeyFrameIsSentAgain(t *testing.T) {
	ask := func(seqs ...uint16) []rtcp.NackPair { return rtcp.NackPairsFromSequenceNumbers(seqs) }
	list := func(pairs []rtcp.NackPair) (seqs []uint16) {
		for _, p := range pairs {
			seqs = append(seqs, p.PacketList()...)
		}
		return seqs
	}
	var s stale
	if got := list(s.fresh(ask(3, 65000))); !slices.Equal(got, []uint16{3, 65000}) {
		t.Errorf("before the first key frame %v", got)
	}
	for _, c := range []struct {
		key         uint16
		asked, want []uint16
	}{
		{100, []uint16{1, 99, 100, 101, 140}, []uint16{100, 101, 140}},
		{100, []uint16{98, 99}, nil},
		{65530, []uint16{65529, 65530, 65535, 2}, []uint16{65530, 65535, 2}}, // numbers begin anew
		{0, []uint16{65535, 0}, []uint16{0}},
	} {
		s.keyFrom(c.key)
		if got := list(s.fresh(ask(c.asked...))); !slices.Equal(got, c.want) {
			t.Errorf("a key frame from %d on: of %v %v is sent again, want %v", c.key, c.asked, got, c.want)
		}
	}
}

// Encoders make no key frame unasked: however long ago the newest was, what was just lost is sent again.
func TestWhatIsLostLongAfterAKeyFrameIsSentAgain(t *testing.T) {
	var s stale
	s.keyFrom(1)
	for next := 2; next < 200_000; next++ {
		s.sent(uint16(next))
		lost := uint16(next - 1)
		if got := s.fresh(rtcp.NackPairsFromSequenceNumbers([]uint16{lost})); len(got) != 1 {
			t.Fatalf("%d packets after the key frame nothing is sent again", next-1)
		}
	}
}

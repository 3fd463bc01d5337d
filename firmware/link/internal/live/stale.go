package live

import (
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
)

// stale leaves out of a viewer's requests (NACK) what is of before the newest key frame, which needs none of it: on a
// bad line such packets would take the place of those that help. It stands before what answers the requests.
type stale struct {
	interceptor.NoOp
	key atomic.Uint32 // the first packet of the newest key frame, + 1<<16; 0 before the first
}

// keyFrom says that a key frame begins with a packet.
func (s *stale) keyFrom(seq uint16) { s.key.Store(uint32(seq) | 1<<16) }

// mostBack is how far back of the next packet a request may reach at all: far less than half of the numbers that there
// are, so that old and new are told apart, and more than is kept to be sent again.
const mostBack = 1 << 14

// sent says which packet is next. A key frame may be long ago, as none is made unasked.
func (s *stale) sent(next uint16) {
	if key := s.key.Load(); key != 0 && next-uint16(key) > mostBack {
		s.keyFrom(next - mostBack)
	}
}

// BindRTCPReader implements interceptor.Interceptor.
func (s *stale) BindRTCPReader(reader interceptor.RTCPReader) interceptor.RTCPReader {
	return interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		n, attributes, err := reader.Read(b, a)
		if err != nil {
			return 0, nil, err
		}
		if attributes == nil {
			attributes = interceptor.Attributes{}
		}
		packets, err := attributes.GetRTCPPackets(b[:n]) // kept there for those who read it next
		if err != nil {
			return 0, nil, err
		}
		for _, p := range packets {
			if nack, ok := p.(*rtcp.TransportLayerNack); ok {
				nack.Nacks = s.fresh(nack.Nacks)
			}
		}
		return n, attributes, nil
	})
}

func (s *stale) fresh(asked []rtcp.NackPair) []rtcp.NackPair {
	key := s.key.Load()
	if key == 0 {
		return asked
	}
	var seqs []uint16
	for _, pair := range asked {
		for _, seq := range pair.PacketList() {
			if int16(seq-uint16(key)) >= 0 {
				seqs = append(seqs, seq)
			}
		}
	}
	return rtcp.NackPairsFromSequenceNumbers(seqs)
}

package live

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/transport/v5/vnet"
	"github.com/pion/webrtc/v4"

	"vestibule/firmware/pipe"
)

// badLine is what happens to the packets of one direction and of the other.
type badLine struct {
	loss  int           // percent, at random, both ways
	delay time.Duration // one way
	bits  int           // bit/s towards the viewer; 0 for no bound
	queue time.Duration // what may wait for that; the rest is lost
}

// network is the device's and the viewer's, in pion's virtual network, with a line between them.
func network(t *testing.T, l badLine) (device, viewer *vnet.Net) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	router, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: "192.0.2.0/24", MinDelay: l.delay, LoggerFactory: logging.NewDefaultLoggerFactory()})
	check(err)
	join := func(ip string, bits int, seed int64) *vnet.Net {
		n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{ip}})
		check(err)
		var nic vnet.NIC = n
		nic, err = vnet.NewLossFilter(nic, l.loss, vnet.WithLossSeed(seed))
		check(err)
		if bits > 0 {
			q, err := vnet.NewQueue(nic, vnet.NewTBFQueue(bits, 3000, int64(l.queue.Seconds()*float64(bits)/8)))
			check(err)
			t.Cleanup(func() { check(q.Close()) })
			nic = q
		}
		check(router.AddNet(nic))
		return n
	}
	device, viewer = join("192.0.2.1", 0, 1), join("192.0.2.2", l.bits, 2)
	check(router.Start())
	t.Cleanup(func() { check(router.Stop()) })
	return device, viewer
}

// player shows pictures as a browser does: in order, each once all of it is there, and from a key frame on.
type player struct {
	mu    sync.Mutex
	have  map[uint16]piece
	next  uint16 // the packet that is waited for
	began bool
	shown time.Duration // when the newest picture that is shown was taken
	when  time.Time     // it was shown
	count int
}

type piece struct {
	stamp      uint32
	first, end bool
	key        bool
}

func (p *player) take(track *webrtc.TrackRemote) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		b := packet.Payload
		if len(b) < 2 {
			continue // padding
		}
		kind, first := b[0]&0x1f, true
		if kind == 28 { // FU-A
			kind, first = b[1]&0x1f, b[1]&0x80 != 0
		}
		p.mu.Lock()
		p.have[packet.SequenceNumber] = piece{packet.Timestamp, first, packet.Marker, kind == 5}
		p.show()
		p.mu.Unlock()
	}
}

// show shows all that can be shown.
func (p *player) show() {
	for seq, c := range p.have {
		if late := p.began && int16(seq-p.next) < 0; late {
			delete(p.have, seq)
		} else if end, ok := p.whole(seq); ok && c.key && (!p.began || int16(end-p.next) > 0) {
			p.began, p.next = true, seq // a key frame needs none before
		}
	}
	for p.began {
		end, ok := p.whole(p.next)
		if !ok {
			return
		}
		p.shown, p.when = time.Duration(uint64(p.have[p.next].stamp)*100_000/9), time.Now()
		p.next, p.count = end+1, p.count+1
	}
}

func (p *player) whole(from uint16) (end uint16, ok bool) {
	c, ok := p.have[from]
	if !ok || !c.first {
		return 0, false
	}
	for end = from; ; end++ {
		if c, ok = p.have[end]; !ok || c.end {
			return end, ok
		}
	}
}

// follower is what eye makes of link's word, roughly: a picture that always moves, and takes all it may have.
type follower struct {
	mu   sync.Mutex
	kbit int
	key  bool
	keys int
}

const eyeLeast, eyeMost, eyeFPS = 150, 2000, 30

func (f *follower) wish(w pipe.Wish) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kbit = min(max(w.Kbit, eyeLeast), eyeMost)
}

func (f *follower) keyPlease() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.key = true
}

// unit is the frame's access unit; false where the frame is left out.
func (f *follower) unit(frame int, at time.Duration) (pipe.Unit, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	every := 1
	switch {
	case f.kbit < 330:
		every = 3
	case f.kbit < 660:
		every = 2
	}
	if frame%every != 0 && !f.key {
		return pipe.Unit{}, false
	}
	size, kind := f.kbit*1000/8*every/eyeFPS, byte(0x41)
	key := f.key
	if key {
		size, kind, f.key = f.kbit*1000/8/2, 0x65, false
		f.keys++
	}
	data := slices.Concat([]byte{0, 0, 0, 1, kind}, slices.Repeat([]byte{0x55}, size))
	return pipe.Unit{Frame: uint64(frame), At: at, Key: key, Format: pipe.H264, Data: data}, true
}

// watched is how a viewing went.
type watched struct {
	ages     []time.Duration // of what was shown, twenty times a second
	pictures int
	keys     int
	kbit     int           // the mean that eye was asked for
	beats    time.Duration // the longest without one
	first    time.Duration // from the connection to the first picture
}

func (w watched) age(share int) time.Duration {
	slices.Sort(w.ages)
	return w.ages[(len(w.ages)-1)*share/100]
}

// watchLine watches for span on a line, once it is found out. It is for a synctest bubble.
func watchLine(t *testing.T, l badLine, span time.Duration) watched {
	device, far := network(t, l)
	begun := time.Now()
	clock := func() time.Duration { return time.Since(begun) }
	eye := &follower{kbit: eyeMost}
	a, err := New(Config{
		Gate: &fakeGate{rule: admit}, KeyPlease: eye.keyPlease, Wish: eye.wish, Format: pipe.H264, Changed: func() {}, Clock: clock,
		Log: slog.New(slog.DiscardHandler), Net: device,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	set := webrtc.SettingEngine{}
	set.SetNet(far)
	set.SetSRTPReplayProtectionWindow(1024) // as in browsers: what is sent again may come late
	// Without RTX: pion as a receiver does not see that what it asked for came that way, and asks for it again
	// and again. Browsers do; scripts/badline is about them.
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: capability(pipe.H264), PayloadType: 102}, webrtc.RTPCodecTypeVideo); err != nil {
		t.Fatal(err)
	}
	p := newPhoneWith(t, set, media, webrtc.Configuration{})
	screen := &player{have: map[uint16]piece{}}
	p.take = screen.take
	p.watch(&house{Audience: a})

	joined := clock() // a lost packet of the handshake is a second
	const settle = 5 * time.Second
	var w watched
	var mark, countBefore, keysBefore, asked int
	var pli time.Time
	var silent time.Duration
	beats, lastBeat := 0, joined
	for frame := 0; clock() < joined+settle+span; frame++ {
		at := clock()
		if u, ok := eye.unit(frame, at); ok {
			a.Unit(u)
		}
		if frame%6 == 0 {
			a.Beat(fmt.Appendf(make([]byte, 0, 600), "%0600d", frame))
		}
		time.Sleep(time.Second / eyeFPS)
		screen.mu.Lock()
		shown, count, stuck := screen.shown, screen.count, screen.count == 0 || time.Since(screen.when) > time.Second
		screen.mu.Unlock()
		if stuck && time.Since(pli) > time.Second { // as a browser does
			pli = time.Now()
			if err := p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(ssrcOf(&house{Audience: a}))}}); err != nil && !errors.Is(err, io.ErrClosedPipe) {
				t.Error(err)
			}
		}
		p.mu.Lock()
		if n := len(p.beats); n > beats {
			beats, lastBeat = n, clock()
		}
		p.mu.Unlock()
		if w.first == 0 && count > 0 {
			w.first = clock() - joined
		}
		if at < joined+settle {
			countBefore, keysBefore = count, eye.keys
			continue
		}
		silent = max(silent, clock()-lastBeat)
		w.ages = append(w.ages, clock()-shown)
		asked += eye.kbit
		mark++
		w.pictures, w.keys = count-countBefore, eye.keys-keysBefore
	}
	w.kbit, w.beats = asked/max(mark, 1), silent
	return w
}

// On a bad line the picture stays fresh, and the bit rate is what the line carries. The time is testing/synctest's.
func TestBadLines(t *testing.T) {
	const span = 20 * time.Second
	const far = 30 * time.Millisecond
	for name, c := range map[string]struct {
		line     badLine
		pictures int // a second, at least
		kbit     int // at most
	}{
		"a good line":          {badLine{delay: far}, 29, eyeMost},
		"5 % lost":             {badLine{delay: far, loss: 5}, 8, eyeMost},
		"10 % lost":            {badLine{delay: far, loss: 10}, 8, eyeMost},
		"20 % lost":            {badLine{delay: far, loss: 20}, 8, eyeMost},
		"300 kbit/s, queued":   {badLine{delay: far, bits: 300_000, queue: 400 * time.Millisecond}, 8, 300},
		"300 kbit/s, no queue": {badLine{delay: far, bits: 300_000, queue: 100 * time.Millisecond}, 8, 300},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := watchLine(t, c.line, span)
				rate := float64(w.pictures) / span.Seconds()
				t.Logf("age %v at the median, %v at p95, %v at the most; %.1f pictures/s, %d kbit/s asked of eye, %d key frames, %v without a beat; the first picture after %v",
					w.age(50).Round(time.Millisecond), w.age(95).Round(time.Millisecond), w.age(100).Round(time.Millisecond), rate, w.kbit, w.keys, w.beats.Round(time.Millisecond), w.first.Round(time.Millisecond))
				if w.age(95) >= time.Second || rate < float64(c.pictures) || w.kbit > c.kbit {
					t.Errorf("want less than 1 s at p95, %d pictures a second and at most %d kbit/s", c.pictures, c.kbit)
				}
			})
		})
	}
}

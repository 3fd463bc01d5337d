package live

import (
	"errors"
	"strings"
	"testing"

	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
)

// phoneFor is a browser that takes these formats only.
func phoneFor(t *testing.T, formats ...pipe.Format) *phone {
	t.Helper()
	set := webrtc.SettingEngine{}
	set.SetIncludeLoopbackCandidate(true)
	media := &webrtc.MediaEngine{}
	for i, f := range formats {
		if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: capability(f), PayloadType: webrtc.PayloadType(120 + i)}, webrtc.RTPCodecTypeVideo); err != nil {
			t.Fatal(err)
		}
	}
	return newPhoneWith(t, set, media, webrtc.Configuration{})
}

func (h *house) format(want pipe.Format) func() bool {
	return func() bool {
		same, some := true, false
		h.each(func(v *viewer) { same, some = same && v.format == want, true })
		return same && some
	}
}

func TestTheFormatFitsAllWhoWatch(t *testing.T) {
	h := newHouse(t)
	both := phoneFor(t, pipe.H264, pipe.VP8)
	both.watch(h)
	if !h.format(pipe.H264)() {
		t.Fatal("who takes both does not get what is preferred")
	}
	// One comes who takes VP8 only: the other has to call again, and gets it too.
	rare := phoneFor(t, pipe.VP8)
	frames := make(chan []byte, 64)
	rare.take = func(track *webrtc.TrackRemote) {
		var frame []byte
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			var v codecs.VP8Packet
			b, err := v.Unmarshal(p.Payload)
			if err != nil {
				t.Errorf("no VP8: %v", err)
				return
			}
			if frame = append(frame, b...); p.Marker {
				frames <- frame
				frame = nil
			}
		}
	}
	rare.watch(h)
	until(t, "the one who takes both is gone", func() bool { return h.Count() == 1 })
	again := phoneFor(t, pipe.H264, pipe.VP8)
	again.take = func(*webrtc.TrackRemote) {}
	again.watch(h)
	if h.Count() != 2 || !h.format(pipe.VP8)() {
		t.Fatalf("%d watch; want 2 with VP8", h.Count())
	}

	// What is not in their format does not reach them; what is does, whole.
	data := make([]byte, 5000)
	data[0], data[len(data)-1] = 0x10, 0x77
	h.Unit(pipe.Unit{At: h.now, Key: true, Format: pipe.H264, Data: []byte("\x00\x00\x00\x01\x65abc")})
	h.Unit(pipe.Unit{At: h.now, Key: true, Format: pipe.VP8, Data: data})
	until(t, "a frame arrives", func() bool { return len(frames) > 0 })
	if got := <-frames; string(got) != string(data) {
		t.Errorf("%d bytes arrive, want the %d of the VP8 frame", len(got), len(data))
	}

	// Who takes nothing that the others take is refused, and disturbs nobody.
	only := phoneFor(t, pipe.VP8)
	only.take = again.take
	only.watch(h)
	stranger := phoneFor(t, pipe.H264)
	var no *RefusedError
	if _, err := h.Answer(t.Context(), stranger.offer()); !errors.As(err, &no) || no.Reason != wire.Unreadable {
		t.Errorf("who takes H.264 only, among those who do not: %v", err)
	}
	if h.Count() != 3 {
		t.Errorf("%d watch, want 3", h.Count())
	}
}

func TestEyeIsToldTheFormat(t *testing.T) {
	h := newHouse(t)
	told := make(chan pipe.Wish, 64)
	h.cfg.Wish = func(w pipe.Wish) { told <- w }
	phoneFor(t, pipe.VP8).watch(h)
	until(t, "eye is told", func() bool { return len(told) > 0 })
	if w := <-told; w.Format != pipe.VP8 || w.Kbit < 1 {
		t.Errorf("eye is told %+v", w)
	}
}

func TestPacketsAreTheFormats(t *testing.T) {
	var p packets
	if got := p.of(pipe.Unit{Format: pipe.VP8, Data: make([]byte, 3000)}); len(got) != 3 {
		t.Errorf("%d packets of 3000 bytes of VP8", len(got))
	}
	for _, b := range p.of(pipe.Unit{Format: pipe.H264, Data: append([]byte{0, 0, 0, 1, 0x65}, make([]byte, 3000)...)}) {
		if len(b) > payloadSize || b[0]&0x1f != 28 {
			t.Errorf("a packet of %d bytes of type %d", len(b), b[0]&0x1f)
		}
	}
}

// Firefox gives what is bundled no port of its own; what has none and is not bundled is switched off.
func TestWhatIsBundledNeedsNoPort(t *testing.T) {
	p := newPhone(t)
	sdp := p.offer().SDP
	const channel = "m=application 9 "
	if !strings.Contains(sdp, channel) {
		t.Fatalf("no %q in\n%s", channel, sdp)
	}
	off := strings.Replace(sdp, channel, "m=application 0 ", 1)
	if _, err := examine(off); err == nil {
		t.Error("a channel that is switched off is accepted")
	}
	if _, err := examine(strings.TrimSuffix(off, "\r\n") + "\r\na=bundle-only\r\n"); err != nil {
		t.Errorf("a channel without a port of its own: %v", err)
	}
}

package relay

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"vestibule/firmware/pipe"
	"vestibule/hub/wire"
)

// thefts has the hub take somebody's place on the wire, with a WebRTC of its own, where all that is signed
// stays as it was: the packets' way is the hub's to choose, so it can lead both sides to itself. DTLS then
// has to tell.
//
//   - nobody: both letters are carried as they are; the viewer sees pictures and hears beats
//   - the viewer's place: the offer has the hub's ICE credentials and addresses
//   - the device's place: the answer has
//   - both places
//   - roles of DTLS exchanged in the offer, nobody in between
//
// How many packets or beats reach the hub, and how many connections to it come about: 0 of n.
func (w *play) thefts(n int) {
	stop := w.pictures()
	defer stop()
	took, stolen, wrong := map[string]int{}, 0, 0
	for i := range n {
		kind := []string{"nobody", "the viewer's place", "the device's place", "both places", "roles exchanged"}[i%5]
		s, before := w.scene, w.home.log.watching()
		v := newBrowser(w.t, s.viewer.key)
		s.viewer = v
		offer := v.calls(w.t, s.terms.Device, s.terms.Delivery)
		var asViewer *browser
		var asDevice *thief
		if kind == "the viewer's place" || kind == "both places" {
			asViewer = newBrowser(w.t, s.attacker)
			offer.SDP = withRouteOf(v.sdp, asViewer.sdp)
		}
		if kind == "roles exchanged" {
			offer.SDP = strings.ReplaceAll(offer.SDP, "a=setup:actpass", "a=setup:"+s.pick("active", "passive"))
		}
		body, no, ok := w.carry(offer)
		for !ok && no.Reason == wire.Busy { // of many cases: calls are remembered for a minute
			time.Sleep(time.Second)
			body, no, ok = w.carry(offer)
		}
		if !ok {
			w.t.Fatalf("%s: the device refuses: %+v", kind, no)
		}
		if asViewer != nil {
			w.take(asViewer.pc, body.SDP)
		}
		if kind == "the device's place" || kind == "both places" {
			asDevice = newThief(w.t, v.sdp)
			body.SDP = withRouteOf(body.SDP, asDevice.sdp)
		}
		if err := v.checks(body, w.home.device, time.Now()); err != nil {
			w.t.Fatalf("%s: the viewer refuses: %v", kind, err)
		}
		w.take(v.pc, body.SDP)
		if kind == "nobody" {
			until(w.t, "pictures and beats", func() bool { p, b := v.got(); return p > 20 && b > 2 })
		} else {
			w.settles(v, asViewer, asDevice)
		}
		p, b := v.got()
		if asViewer != nil {
			q, c := asViewer.got()
			stolen += q + c
		}
		watch := w.home.log.watching() - before
		if (asViewer != nil || asDevice != nil) && (v.connected() || watch > 0 || p+b > 0) {
			wrong++
			w.t.Errorf("%s: the viewer is connected: %v; the device: %d; %d packets, %d beats", kind, v.connected(), watch, p, b)
		}
		took[kind]++
		_ = v.pc.Close()
		if asViewer != nil {
			_ = asViewer.pc.Close()
		}
		if asDevice != nil {
			_ = asDevice.pc.Close()
		}
		w.hangUp(v.call.Nonce)
	}
	w.t.Logf("%d real connections tried, with the hub in %v; %d packets or beats reached it, %d connections to it", n, took, stolen, wrong)
	if stolen != 0 {
		w.t.Errorf("%d packets or beats reached the hub", stolen)
	}
}

func (w *play) take(pc *webrtc.PeerConnection, sdp string) {
	w.t.Helper()
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		w.t.Fatal(err)
	}
}

// settles waits until the hub's ICE has come through and DTLS has had its chance.
func (w *play) settles(v, asViewer *browser, asDevice *thief) {
	w.t.Helper()
	reached := func(pc *webrtc.PeerConnection) bool {
		switch pc.ICEConnectionState() {
		case webrtc.ICEConnectionStateConnected, webrtc.ICEConnectionStateCompleted, webrtc.ICEConnectionStateFailed, webrtc.ICEConnectionStateDisconnected, webrtc.ICEConnectionStateClosed:
			return true
		}
		return false
	}
	if asViewer == nil && asDevice == nil { // roles exchanged: it connects, or not
		deadline := time.Now().Add(time.Second)
		for !v.connected() && time.Now().Before(deadline) {
			time.Sleep(5 * time.Millisecond)
		}
		return
	}
	if asViewer != nil {
		until(w.t, "the hub is reached in the viewer's place", func() bool { return reached(asViewer.pc) })
	}
	if asDevice != nil {
		until(w.t, "the hub is reached in the device's place", func() bool { return reached(asDevice.pc) })
	}
	time.Sleep(300 * time.Millisecond) // a handshake takes 20 ms; that none succeeds no message says
}

// thief answers in the device's place, with a certificate of its own.
type thief struct {
	pc  *webrtc.PeerConnection
	sdp string
}

func newThief(t *testing.T, offer string) *thief {
	t.Helper()
	set := webrtc.SettingEngine{}
	set.SetIncludeLoopbackCandidate(true)
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(set), webrtc.WithMediaEngine(media)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		t.Fatal(err)
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	complete := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		t.Fatal(err)
	}
	<-complete
	return &thief{pc, pc.LocalDescription().SDP}
}

// withRouteOf is a description whose packets go to another: its ICE credentials and addresses in place of
// those that were there, and everything else as it was.
func withRouteOf(sdp, other string) string {
	value := func(key string) string {
		_, rest, _ := strings.Cut(other, "\r\na="+key+":")
		v, _, _ := strings.Cut(rest, "\r\n")
		return v
	}
	var out []string
	placed := false
	for l := range strings.SplitSeq(sdp, "\r\n") {
		switch {
		case strings.HasPrefix(l, "a=candidate:") || l == "a=end-of-candidates":
			continue
		case strings.HasPrefix(l, "a=ice-ufrag:"):
			l = "a=ice-ufrag:" + value("ice-ufrag")
		case strings.HasPrefix(l, "a=ice-pwd:"):
			l = "a=ice-pwd:" + value("ice-pwd")
			if !placed {
				for c := range strings.SplitSeq(other, "\r\n") {
					if strings.HasPrefix(c, "a=candidate:") {
						l += "\r\n" + c
					}
				}
				placed = true
			}
		}
		out = append(out, l)
	}
	return strings.Join(out, "\r\n")
}

// pictures sends pictures to whoever watches, until stop.
func (w *play) pictures() (stop func()) {
	w.t.Helper()
	all := pictures(w.t)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			u := all[i%len(all)]
			u.At = monotonic()
			w.home.audience.Unit(u)
			time.Sleep(5 * time.Millisecond) // a camera's pace, quicker
		}
	})
	return func() { cancel(); running.Wait() }
}

// pictures are three seconds of a test pattern, as access units.
func pictures(t *testing.T) []pipe.Unit {
	t.Helper()
	stream, err := os.ReadFile("../live/testdata/pattern.h264")
	if err != nil {
		t.Fatal(err)
	}
	var all []pipe.Unit
	var unit []byte
	for _, n := range bytes.Split(stream, []byte{0, 0, 1})[1:] {
		n = bytes.TrimRight(n, "\x00")
		unit = append(append(unit, 0, 0, 0, 1), n...)
		if kind := n[0] & 0x1f; kind == 1 || kind == 5 {
			all = append(all, pipe.Unit{Frame: uint64(len(all) + 1), Key: kind == 5, Format: pipe.H264, Data: unit})
			unit = nil
		}
	}
	return all
}

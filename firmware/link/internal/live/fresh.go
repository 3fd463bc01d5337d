package live

import (
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// playoutDelay is the RTP header extension by which a sender bounds how long a receiver may hold a picture
// back for an even flow (webrtc.org, experiments/rtp-hdrext/playout-delay: two times 12 bits, in 10 ms).
// Least and most are zero here: whoever looks whether a door is safe wants the present, also when it
// stutters. A browser that does not know it goes by its own judgement.
const playoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

func registerFresh(media *webrtc.MediaEngine) error {
	if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: playoutDelay}, webrtc.RTPCodecTypeVideo); err != nil {
		return fmt.Errorf("live: %w", err)
	}
	return nil
}

// freshID is the number that the extension was agreed on with; 0 if the viewer does not know it.
func freshID(sender *webrtc.RTPSender) uint8 {
	for _, e := range sender.GetParameters().HeaderExtensions {
		if e.URI == playoutDelay && e.ID > 0 && e.ID < 15 {
			return uint8(e.ID)
		}
	}
	return 0
}

// setFresh marks a packet; once a picture is enough.
func setFresh(h *rtp.Header, id uint8) {
	if id == 0 {
		return
	}
	// It fits, and a picture without it is shown all the same.
	_ = h.SetExtension(id, []byte{0, 0, 0})
}

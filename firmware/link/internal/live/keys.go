package live

import (
	"sync"
	"time"
)

// keys passes on requests for key frames, not more often than keySpacing. A request that
// comes too soon is passed on late, never lost.
type keys struct {
	please func()

	mu    sync.Mutex
	last  time.Time
	timer *time.Timer // of the request that is to be passed on
	over  bool
}

func newKeys(please func()) *keys { return &keys{please: please} }

func (k *keys) ask() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.over || k.timer != nil {
		return
	}
	k.timer = time.AfterFunc(keySpacing-time.Since(k.last), func() {
		k.mu.Lock()
		k.timer, k.last = nil, time.Now()
		over := k.over
		k.mu.Unlock()
		if !over {
			k.please()
		}
	})
}

func (k *keys) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.over = true
	if k.timer != nil {
		k.timer.Stop()
	}
}

# Tests. -tags desk is what a desk builds; what a device builds is vetted too.

FUZZTIME ?= 10s

.PHONY: test walls kills bench fuzz shots setup-test setup-bench

# What is measured over many drawn rooms runs without the race detector, which would make minutes of
# it; so are a program whose memory is measured, and the many schedules of the lock's rule. The attacks' quick form, which
# times the redactor too, is a program of its own and has both cores to itself.
# The visits in a browser come last and alone: they are about a picture in real time, and want both cores.
test: setup-test web-test ## every test, the visit in a browser too, under the race detector
	$(Q)go vet ./...
	$(Q)go vet -tags desk ./...
	$(Q)go test -race -tags desk -p 3 -timeout 15m $$(go list -tags desk ./... | grep -vE '/scripts/e2e$$|/sim/mutants$$|/vision/attack$$')
	$(Q)go test -tags desk ./vision/attack
	$(Q)go test -tags desk -run 'TestRates|TestFilm|TestForcedDoor|TestTurned|TestBumped' ./vision ./vision/internal/shadow ./vision/internal/stand
	$(Q)go test -tags desk -run 'TestProgram' ./firmware/gate
	$(Q)go test -tags desk ./firmware/gate/internal/sim/...
	$(Q)go test -race -tags desk -parallel 3 -timeout 15m ./scripts/e2e

walls: setup-run ## what each program may hold and reach, shown on the running programs
	$(Q)go test -count=1 -v -tags desk -timeout 5m ./firmware ./firmware/walls
	$(Q)go test -count=1 -v -tags desk -timeout 5m -run Wall ./hardware

KILLS ?= 1000

kills: setup-test ## kill gate KILLS=1000 times during visits; every failed call and every crash of its disk
	$(Q)VESTIBULE_KILLS=$(KILLS) go test -count=1 -v -tags desk -timeout 2h -run 'TestKilled$$|TestFsync' ./firmware/gate
	$(Q)VESTIBULE_LONG=1 go test -count=1 -v -timeout 1h -run 'TestEvery|TestReadIsSafe' ./firmware/gate/internal/journal

bench: setup-bench ## how fast the parts are, and the live picture beside ffmpeg with MediaMTX
	$(Q)go run ./vision/bench
	$(Q)VESTIBULE_BENCH=1 go test -count=1 -v -tags desk -timeout 45m -run 'TestSpeed$$|TestKeyWakesTheCamera$$' ./scripts/e2e
	$(Q)go test -tags desk -run '^$$' -bench . -benchmem $$(grep -rl --exclude-dir=node_modules --include='*_test.go' '^func Benchmark' firmware hardware hub scripts vision | xargs -r -n 1 dirname | sort -u | sed 's,^,./,')

fuzz: setup-run ## feed strangers' bytes to every parser, FUZZTIME=10s each
	$(Q)scripts/fuzz $(FUZZTIME)

shots: setup-test ## take the README's pictures anew, by the visit's own test
	$(Q)SHOTS=$(CURDIR)/scripts/e2e/shots go test -count=1 -tags desk -run TestVisitInTheScene ./scripts/e2e

setup-test:
	$(Q)$(call install,test)

setup-bench:
	$(Q)$(call install,bench)

package main

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// walls is how a program can be kept from the network.
type walls int

const (
	noNetwork      walls = iota // an empty network namespace
	noNetworkAsMe               // the same within a user namespace, for those who are not root
	withoutTheWall              // the kernel refuses both
)

// spawner starts programs so that they die with the launcher.
//
// The kernel sends a child its parent-death signal when the thread that made it ends, not the
// process (https://go.dev/issue/27505), so all children are made on one thread that never ends.
type spawner struct {
	work chan func()
	once sync.Once
}

func newSpawner() *spawner {
	s := &spawner{work: make(chan func())}
	go func() {
		runtime.LockOSThread() // never unlocked
		for f := range s.work {
			f()
		}
		select {} // a locked goroutine that ends takes its thread and so the children with it
	}()
	return s
}

// close is called when no child is left; the thread stays until the launcher ends.
func (s *spawner) close() { s.once.Do(func() { close(s.work) }) }

// start starts cmd in its own process group, so that Ctrl-C in the terminal reaches the launcher
// alone, and behind the given wall.
func (s *spawner) start(cmd *exec.Cmd, wall walls, alone bool) error {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if alone {
		switch wall {
		case noNetwork:
			a.Cloneflags = syscall.CLONE_NEWNET
		case noNetworkAsMe:
			a.Cloneflags = syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER
			a.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
			a.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
		case withoutTheWall:
		}
	}
	cmd.SysProcAttr = a
	done := make(chan error)
	s.work <- func() { done <- cmd.Start() }
	return <-done
}

// tryWalls returns the best wall this kernel grants this user, and why a better one was refused.
func (s *spawner) tryWalls() (walls, error) {
	self, err := os.Executable()
	if err != nil {
		return withoutTheWall, err
	}
	levels := []walls{noNetwork, noNetworkAsMe}
	if os.Geteuid() != 0 {
		levels = levels[1:]
	}
	var errs []error
	for _, w := range levels {
		cmd := exec.Command(self, "-h") // says how to use it to nobody
		if err := s.start(cmd, w, true); err != nil {
			errs = append(errs, err)
			continue
		}
		_ = cmd.Wait() // it had its namespace the moment it started
		return w, nil
	}
	return withoutTheWall, errors.Join(errs...)
}

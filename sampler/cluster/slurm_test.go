package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/need"
)

// slurmConf is a cluster of this machine alone, which nothing outside it can
// reach, and which needs no control groups. Its fields: host, port of the
// controller, folder, port of the node, processors.
const slurmConf = `ClusterName=roentgo
SlurmctldHost=%[1]s(127.0.0.1)
SlurmUser=root
SlurmctldPort=%[2]d
SlurmdPort=%[4]d
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=%[3]s/munge/socket
CredType=cred/munge
StateSaveLocation=%[3]s/state
SlurmdSpoolDir=%[3]s/spool
SlurmctldPidFile=%[3]s/slurmctld.pid
SlurmdPidFile=%[3]s/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
NodeName=%[1]s NodeAddr=127.0.0.1 CPUs=%[5]d State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=10 State=UP
`

// TestSlurmArray runs the example on a cluster of one node.
func TestSlurmArray(t *testing.T) {
	for _, name := range []string{"munged", "slurmctld", "slurmd", "sbatch", "sinfo"} {
		need.Program(t, name, "/usr/sbin/"+name)
	}
	if os.Getuid() != 0 {
		need.Missing(t, "slurmd runs tasks as root alone")
	}
	conf := startSlurm(t)
	roentgo := program(t)
	script, err := filepath.Abs("array.sbatch")
	if err != nil {
		t.Fatal(err)
	}
	dir, out := t.TempDir(), t.TempDir()
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	job := exec.CommandContext(ctx, "sbatch", "--wait", "--chdir", dir, script)
	job.Env = append(os.Environ(), "SLURM_CONF="+conf, "ROENTGO="+roentgo, "OUT="+out, "COUNT="+images, "PROMPT=pleural effusion")
	if text, err := job.CombinedOutput(); err != nil {
		logs, _ := exec.Command("sh", "-c", "cat "+dir+"/*.log").CombinedOutput()
		t.Fatalf("%v: %s %s", err, text, logs)
	}
	same(t, whole(t, roentgo, "pleural effusion"), out)
}

// startSlurm starts a cluster until the test ends and returns its
// configuration file.
func startSlurm(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "roentgo-slurm-") // munged wants a folder that all may enter, and a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, d := range []string{"", "munge", "state", "spool"} {
		path := filepath.Join(dir, d)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	conf := put("slurm.conf", fmt.Sprintf(slurmConf, host, freePort(t), dir, freePort(t), 2))
	key := put("munge/key", rand.Text()+rand.Text())
	at := func(name string) string { return filepath.Join(dir, "munge", name) }
	daemon(t, "munged", "--foreground", "--socket="+at("socket"), "--key-file="+key, "--pid-file="+at("pid"), "--log-file="+at("log"), "--seed-file="+at("seed"))
	await(t, "munged", func() error { _, err := os.Stat(at("socket")); return err })
	daemon(t, "slurmctld", "-D", "-f", conf)
	daemon(t, "slurmd", "-D", "-N", host, "-f", conf)
	await(t, "an idle node", func() error {
		cmd := exec.CommandContext(t.Context(), "sinfo", "--noheader", "--format=%t")
		cmd.Env = append(os.Environ(), "SLURM_CONF="+conf)
		text, err := cmd.Output()
		if err == nil && string(bytes.TrimSpace(text)) != "idle" {
			err = fmt.Errorf("the node is %q", text)
		}
		return err
	})
	return conf
}

// freePort is one that nothing listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// daemon runs a program until the test ends, and shows what it said where the
// test failed.
func daemon(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(need.Program(t, name, "/usr/sbin/"+name), args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if text := said.String(); t.Failed() {
			t.Logf("%s: %s", name, text[max(0, len(text)-2000):])
		}
	})
}

// await waits until something is ready.
func await(t *testing.T, what string, ready func() error) {
	t.Helper()
	var err error
	for range 300 {
		if err = ready(); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s: %v", what, err)
}

// Checks what a ledger gives out by golang.org/x/mod/sumdb, which shares nothing with the ledger's own code.
//
// On its input is a line for each check, in fields with spaces between; on its output a line for each, "ok" or what is
// wrong. Hashes, notes and texts are in base64.
//
//	note        VERIFIER-KEY NOTE                               a note that this key signed
//	checkpoint  VERIFIER-KEY NOTE SIZE ROOT                     such a note, which says this
//	record      INDEX LEAF SIZE ROOT HASH,HASH                  an inclusion proof
//	tree        OLD-SIZE OLD-ROOT NEW-SIZE NEW-ROOT HASH,HASH   a consistency proof
//	tiles       PLACE SIZE ROOT                                 tiles of 256 hashes, from which leaves are proved
//	log         VERIFIER-KEY ADDRESS                            a log that is served: its checkpoint and its tiles
//
// The place of tiles is a directory, or the address of a server.
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(make([]byte, 1<<20), 1<<24)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	for input.Scan() {
		if err := check(strings.Split(input.Text(), " ")); err != nil {
			fmt.Fprintln(output, strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Fprintln(output, "ok")
		}
	}
}

func check(fields []string) error {
	switch {
	case fields[0] == "note" && len(fields) == 3:
		_, err := openNote(fields[1], fields[2])
		return err
	case fields[0] == "checkpoint" && len(fields) == 5:
		return checkCheckpoint(fields)
	case fields[0] == "record" && len(fields) == 6:
		return checkRecord(fields)
	case fields[0] == "tree" && len(fields) == 6:
		return checkTree(fields)
	case fields[0] == "tiles" && len(fields) == 4:
		return checkTiles(fields)
	case fields[0] == "log" && len(fields) == 3:
		return checkLog(fields)
	}
	return fmt.Errorf("unknown check")
}

func openNote(key, text string) (*note.Note, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return note.Open(raw, note.VerifierList(verifier))
}

// A checkpoint differs from what tlog.ParseTree takes in its first line only, which there is always the same.
func parseCheckpoint(text string) (tree tlog.Tree, err error) {
	lines := strings.SplitN(text, "\n", 2)
	if len(lines) != 2 {
		return tree, fmt.Errorf("no checkpoint")
	}
	return tlog.ParseTree([]byte("go.sum database tree\n" + lines[1]))
}

func checkCheckpoint(fields []string) error {
	opened, err := openNote(fields[1], fields[2])
	if err != nil {
		return err
	}
	said, err := parseCheckpoint(opened.Text)
	if err != nil {
		return err
	}
	tree, err := treeOf(fields[3], fields[4])
	if err == nil && said != tree {
		err = fmt.Errorf("the checkpoint says %v", said)
	}
	return err
}

func checkRecord(fields []string) error {
	index, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return err
	}
	leaf, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil {
		return err
	}
	tree, err := treeOf(fields[3], fields[4])
	if err != nil {
		return err
	}
	proof, err := hashes(fields[5])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
}

func checkTree(fields []string) error {
	old, err := treeOf(fields[1], fields[2])
	if err != nil {
		return err
	}
	tree, err := treeOf(fields[3], fields[4])
	if err != nil {
		return err
	}
	proof, err := hashes(fields[5])
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

func checkTiles(fields []string) error {
	tree, err := treeOf(fields[2], fields[3])
	if err != nil {
		return err
	}
	return checkTree256(fields[1], tree)
}

func checkLog(fields []string) error {
	raw, err := read(fields[2], "checkpoint")
	if err != nil {
		return err
	}
	opened, err := openNote(fields[1], base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		return err
	}
	tree, err := parseCheckpoint(opened.Text)
	if err != nil {
		return err
	}
	return checkTree256(fields[2], tree)
}

func checkTree256(place string, tree tlog.Tree) error {
	reader := tlog.TileHashReader(tree, tiles(place))
	step := 1 + tree.N/1000
	for index := int64(0); index < tree.N; index += step {
		found, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		if err != nil {
			return err
		}
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, found[0]); err != nil {
			return err
		}
	}
	return nil
}

func treeOf(size, root string) (tree tlog.Tree, err error) {
	if tree.N, err = strconv.ParseInt(size, 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(root)
	return tree, err
}

// tiles is a directory or a server of tiles by the paths of C2SP tlog-tiles, which leave the height (always 8) out.
type tiles string

func (place tiles) Height() int { return tileHeight }

func (place tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := read(string(place), path)
		if err != nil {
			return nil, err
		}
		if len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", path, len(data))
		}
		found = append(found, data)
	}
	return found, nil
}

func (place tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func read(place, path string) ([]byte, error) {
	if !strings.HasPrefix(place, "http://") {
		return os.ReadFile(filepath.Join(place, path))
	}
	answer, err := http.Get(place + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s is answered %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

func hashes(text string) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, one := range strings.Split(text, ",") {
		if one == "" {
			continue
		}
		hash, err := tlog.ParseHash(one)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}

package main

import (
	"fmt"
	"os"
	"strconv"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// Between these widths a terminal's own is used; where there is none, the smaller.
const narrow, wide = 80, 120

// columns is how many letters a line may have.
func (a *app) columns() int {
	if f, ok := a.out.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return min(max(width, narrow), wide)
		}
	}
	return narrow
}

// Of a confusion matrix: letters of a class's name before its row, and above its column.
const (
	longestRow    = 24
	longestColumn = 12
)

// shownConfusions are listed where the matrix does not fit.
const shownConfusions = 15

// printConfusion shows which classes are taken for which: the matrix, with names or else numbers above the columns, or where
// that is too wide, the most frequent mistakes.
func (a *app) printConfusion(c *score.Confusion) error {
	if len(c.Classes) < 2 || c.Total() == 0 {
		return nil
	}
	fmt.Fprintln(a.out)
	for _, numbered := range []bool{false, true} {
		if rows := matrix(c, numbered); lineWidth(rows) <= a.columns() {
			return table(a.out, rows[0], rows[1:])
		}
	}
	mistakes := c.Mistakes(shownConfusions)
	if len(mistakes) == 0 {
		return nil
	}
	fmt.Fprintln(a.out, "the most frequent mistakes; --json has the whole matrix")
	var rows [][]string
	for _, m := range mistakes {
		rows = append(rows, []string{shorten(m.True, longestRow), shorten(m.Decided, longestRow), diag.Grouped(m.Count), fmt.Sprintf("%.1f %%", 100*float64(m.Count)/float64(m.Of))})
	}
	return table(a.out, []string{"true", "decided", "count", "of its class"}, rows)
}

// corner says what rows and columns are.
const corner = "true \\ decided"

// matrix gives the lines of a confusion matrix, the head first.
func matrix(c *score.Confusion, numbered bool) [][]string {
	outside := 0
	for _, n := range c.Outside {
		outside += n
	}
	head := []string{corner}
	var rows [][]string
	for i, name := range c.Classes {
		row := []string{shorten(name, longestRow)}
		if numbered {
			row[0] = strconv.Itoa(i) + " " + row[0]
			head = append(head, strconv.Itoa(i))
		} else {
			head = append(head, shorten(name, longestColumn))
		}
		for _, n := range c.Counts[i] {
			row = append(row, dashed(n))
		}
		if outside > 0 {
			row = append(row, dashed(c.Outside[i]))
		}
		rows = append(rows, row)
	}
	if outside > 0 {
		head = append(head, "none")
	}
	// Heads stand right, as the counts below them do.
	for k := 1; k < len(head); k++ {
		width := 0
		for _, r := range rows {
			width = max(width, len(r[k]))
		}
		head[k] = fmt.Sprintf("%*s", width, head[k])
	}
	return append([][]string{head}, rows...)
}

// dashed leaves out what did not happen, so that the rest is seen.
func dashed(n int) string {
	if n == 0 {
		return "-"
	}
	return diag.Grouped(n)
}

// lineWidth is how many letters the widest line of a table has.
func lineWidth(rows [][]string) int {
	total := 0
	for k := range rows[0] {
		width := 0
		for _, r := range rows {
			width = max(width, utf8.RuneCountInString(r[k]))
		}
		total += width + 2
	}
	return total - 2
}

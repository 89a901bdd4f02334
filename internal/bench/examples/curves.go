package main

import (
	"bytes"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// curves draws the validation accuracy of the MNIST examples by epoch as an SVG, a line a seed.
func curves(r *results) ([]byte, error) {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = "epoch", "validation accuracy"
	p.Y.Max = 1
	// Names grow to the right, away from their lines, where a viewer has a wider font.
	p.Legend.Left, p.Legend.XOffs, p.Legend.Padding = true, 12*vg.Centimeter, vg.Points(2)
	p.Add(plotter.NewGrid())
	for i, name := range mnist {
		for seed, x := range r.Examples[name] {
			points := make(plotter.XYs, len(x.Valid))
			for epoch, v := range x.Valid {
				points[epoch] = plotter.XY{X: float64(epoch + 1), Y: v}
			}
			line, err := plotter.NewLine(points)
			if err != nil {
				return nil, err
			}
			line.Color = plotutil.Color(i)
			p.Add(line)
			if seed == 0 {
				p.Legend.Add(name, line)
			}
		}
	}
	canvas := vgsvg.New(18*vg.Centimeter, 10*vg.Centimeter)
	p.Draw(draw.Crop(draw.New(canvas), 0, -vg.Centimeter/2, vg.Points(2), -vg.Centimeter/2))
	var out bytes.Buffer
	_, err := canvas.WriteTo(&out)
	return out.Bytes(), err
}

// Feeds frontend.v from a file of samples, a number of 16 bits in hexadecimal a line, and writes its bands to another, a frame a line:
//     iverilog -g2001 -o frontend frontend.v frontend_tb.v && vvp frontend +samples=in.hex +bands=out.txt
// +pauses leaves out cycles at both sides now and then; +reset=N resets it behind the sample N.
module frontend_tb;
    reg clk = 0, rst = 1;
    reg in_valid = 0, out_ready = 0;
    reg [15:0] sample = 0;
    wire in_ready, out_valid, last;
    wire [3:0] band;
    wire [7:0] data;
    frontend dut (.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready), .in_sample(sample),
        .out_valid(out_valid), .out_ready(out_ready), .out_band(band), .out_data(data), .out_last(last));
    always #1 clk = !clk;

    reg [1023:0] name;
    integer in, out, got, pauses, reset, taken = 0, idle = 0, given = 0;
    reg [31:0] chance = 1;
    initial begin
        if (!$value$plusargs("samples=%s", name)) name = "samples.hex";
        in = $fopen(name, "r");
        if (!$value$plusargs("bands=%s", name)) name = "bands.txt";
        out = $fopen(name, "w");
        pauses = $test$plusargs("pauses");
        if (!$value$plusargs("reset=%d", reset)) reset = -1;
        repeat (2) @(negedge clk);
        rst = 0;
        got = $fscanf(in, "%h", sample);
        while (idle < 30000) begin // inputs change while the clock falls
            chance = chance * 32'd1664525 + 32'd1013904223;
            in_valid = got == 1 && (!pauses || chance[30:29] == 0);
            out_ready = !pauses || chance[27];
            idle = got == 1 ? 0 : idle + 1;
            #0.5;
            if (out_valid && out_ready) begin
                if (last) $fwrite(out, "%0d\n", data);
                else $fwrite(out, "%0d ", data);
                if (band !== given[3:0] || last !== (band == 15)) $display("band %0d, not %0d", band, given[3:0]);
                given = given + 1;
                idle = 0;
            end
            if (in_valid && in_ready) begin
                taken = taken + 1;
                @(negedge clk);
                got = $fscanf(in, "%h", sample);
                if (taken == reset) begin
                    in_valid = 0;
                    rst = 1;
                    @(negedge clk);
                    rst = 0;
                    if (given % 16 > 0) $fwrite(out, "\n"); // what a reset finds in work is lost
                    given = 0;
                end
            end else
                @(negedge clk);
        end
        $finish;
    end
endmodule

// Feeds rhythm.v from a file of steps, 1 or 0 a line, whether they have a mark, and writes its bytes to another, a number a line:
//     iverilog -g2001 -o rhythm rhythm.v rhythm_tb.v && vvp rhythm +marks=in.txt +rhythm=out.txt
// +pauses leaves out cycles at both sides now and then; +reset=N resets it behind the step N.
module rhythm_tb;
    reg clk = 0, rst = 1;
    reg in_valid = 0, out_ready = 0;
    reg mark = 0;
    wire in_ready, out_valid;
    wire signed [7:0] early;
    rhythm dut (.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready), .in_mark(mark),
        .out_valid(out_valid), .out_ready(out_ready), .out_early(early));
    always #1 clk = !clk;

    reg [1023:0] name;
    integer in, out, got, pauses, reset, taken = 0, idle = 0;
    reg [31:0] chance = 1;
    initial begin
        if (!$value$plusargs("marks=%s", name)) name = "marks.txt";
        in = $fopen(name, "r");
        if (!$value$plusargs("rhythm=%s", name)) name = "rhythm.txt";
        out = $fopen(name, "w");
        pauses = $test$plusargs("pauses");
        if (!$value$plusargs("reset=%d", reset)) reset = -1;
        repeat (2) @(negedge clk);
        rst = 0;
        got = $fscanf(in, "%b", mark);
        while (idle < 100) begin // inputs change while the clock falls
            chance = chance * 32'd1664525 + 32'd1013904223;
            in_valid = got == 1 && (!pauses || chance[30:29] == 0);
            out_ready = !pauses || chance[27];
            idle = got == 1 ? 0 : idle + 1;
            #0.5;
            if (out_valid && out_ready) begin
                $fwrite(out, "%0d\n", early);
                idle = 0;
            end
            if (in_valid && in_ready) begin
                taken = taken + 1;
                @(negedge clk);
                got = $fscanf(in, "%b", mark);
                if (taken == reset) begin
                    in_valid = 0;
                    rst = 1;
                    @(negedge clk);
                    rst = 0;
                end
            end else
                @(negedge clk);
        end
        $finish;
    end
endmodule

// Feeds slopes.v from a file of samples, a number of 16 bits in hexadecimal a line, and writes its slopes to another, two numbers a line:
//     iverilog -g2001 -o slopes slopes.v slopes_tb.v && vvp slopes +samples=in.hex +slopes=out.txt
// +pauses leaves out cycles at both sides now and then; +reset=N resets it behind the sample N.
module slopes_tb;
    reg clk = 0, rst = 1;
    reg in_valid = 0, out_ready = 0;
    reg [15:0] sample = 0;
    wire in_ready, out_valid;
    wire signed [7:0] fast, slow;
    slopes dut (.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready), .in_sample(sample),
        .out_valid(out_valid), .out_ready(out_ready), .out_fast(fast), .out_slow(slow));
    always #1 clk = !clk;

    reg [1023:0] name;
    integer in, out, got, pauses, reset, taken = 0, idle = 0;
    reg [31:0] chance = 1;
    initial begin
        if (!$value$plusargs("samples=%s", name)) name = "samples.hex";
        in = $fopen(name, "r");
        if (!$value$plusargs("slopes=%s", name)) name = "slopes.txt";
        out = $fopen(name, "w");
        pauses = $test$plusargs("pauses");
        if (!$value$plusargs("reset=%d", reset)) reset = -1;
        repeat (2) @(negedge clk);
        rst = 0;
        got = $fscanf(in, "%h", sample);
        while (idle < 100) begin // inputs change while the clock falls
            chance = chance * 32'd1664525 + 32'd1013904223;
            in_valid = got == 1 && (!pauses || chance[30:29] == 0);
            out_ready = !pauses || chance[27];
            idle = got == 1 ? 0 : idle + 1;
            #0.5;
            if (out_valid && out_ready) begin
                $fwrite(out, "%0d %0d\n", fast, slow);
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
                end
            end else
                @(negedge clk);
        end
        $finish;
    end
endmodule

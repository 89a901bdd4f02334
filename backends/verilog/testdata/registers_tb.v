// Drives mock_wishbone: save and restore, the count of saturations, and sequences that are too long.
module registers_tb;
    reg clk = 1'b0;
    always #5 clk = ~clk;
    reg rst = 1'b1, cyc = 1'b0, we = 1'b0;
    reg [5:0] address = 6'd0;
    reg [31:0] data = 32'd0;
    wire [31:0] answer;
    wire ack, err;
    mock_wishbone dut (.clk_i(clk), .rst_i(rst), .cyc_i(cyc), .stb_i(cyc), .we_i(we), .adr_i(address), .sel_i(4'd15), .dat_i(data), .dat_o(answer), .ack_o(ack), .err_o(err));

    integer wrong = 0, i;
    reg refused;
    reg [31:0] value;
    task access(input write, input [5:0] at, input [31:0] what);
        begin
            cyc = 1'b1;
            we = write;
            address = at;
            data = what;
            @(negedge clk);
            while (!ack && !err)
                @(negedge clk);
            refused = err;
            value = answer;
            cyc = 1'b0;
            if ($random % 3 == 0)
                @(negedge clk);
        end
    endtask
    task expect_value(input [8*16-1:0] what, input [39:0] got, input [39:0] want);
        if (got !== want) begin
            wrong = wrong + 1;
            $display("%0s is %h, not %h", what, got, want);
        end
    endtask
    task step(input [7:0] a, input [7:0] b, input last);
        begin
            value = 0;
            while (!value[0])
                access(1'b0, 6'h04, 0);
            access(1'b1, 6'h14, a);
            access(1'b1, last ? 6'h18 : 6'h14, b);
            if (refused) begin
                wrong = wrong + 1;
                $display("a step is refused");
            end
        end
    endtask
    reg [39:0] y0, y1;
    reg [31:0] low;
    task result;
        begin
            value = 0;
            while (!value[1])
                access(1'b0, 6'h04, 0);
            access(1'b0, 6'h1c, 0);
            low = value;
            access(1'b0, 6'h20, 0);
            y0 = {value[7:0], low};
            access(1'b0, 6'h1c, 0);
            low = value;
            access(1'b0, 6'h20, 0);
            y1 = {value[7:0], low};
        end
    endtask
    task wait_idle;
        begin
            value = 0;
            while (!value[3])
                access(1'b0, 6'h04, 0);
        end
    endtask

    reg [39:0] saved [0:7];
    reg [1:0] saved_step;
    reg [31:0] saved_steps;
    reg [39:0] first0, first1;
    initial begin
        repeat (2) @(negedge clk);
        rst = 1'b0;
        for (i = 0; i < 8; i = i + 1) begin // the mock has no first state
            access(1'b1, 6'h28, i);
            access(1'b1, 6'h30, 32'h12 + i);
            access(1'b1, 6'h2c, 32'h89abcdef * (i + 1));
        end
        step(1, 3, 0);
        step(200, 4, 0);
        access(1'b0, 6'h10, 0);
        saved_steps = value;
        expect_value("steps", value, 2);
        access(1'b0, 6'h2c, 0);
        expect_value("busy", refused, 1);
        wait_idle;
        access(1'b0, 6'h34, 0);
        saved_step = value[1:0];
        expect_value("odd, first", value, 0);
        access(1'b1, 6'h28, 0);
        for (i = 0; i < 8; i = i + 1) begin
            access(1'b0, 6'h2c, 0);
            low = value;
            access(1'b0, 6'h30, 0);
            saved[i] = {value[7:0], low};
        end
        step(5, 6, 0);
        step(7, 9, 1);
        result;
        first0 = y0;
        first1 = y1;
        access(1'b0, 6'h24, 0);
        access(1'b0, 6'h0c, 0);
        expect_value("saturations", value, 2); // of 3, 4, 6, 9
        access(1'b1, 6'h0c, 0);
        access(1'b0, 6'h0c, 0);
        expect_value("saturations", value, 0);

        step(100, 101, 0); // another sequence, which is left
        access(1'b1, 6'h14, 3);
        access(1'b1, 6'h08, 1);
        wait_idle;
        access(1'b1, 6'h28, 0);
        for (i = 0; i < 8; i = i + 1) begin
            access(1'b1, 6'h30, saved[i][39:32]);
            access(1'b1, 6'h2c, saved[i][31:0]);
        end
        access(1'b1, 6'h34, saved_step);
        access(1'b1, 6'h10, saved_steps);
        step(5, 6, 0);
        step(7, 9, 1);
        result;
        expect_value("output 0", y0, first0);
        expect_value("output 1", y1, first1);

        for (i = 0; i < 5; i = i + 1) // all that a sequence may have, and no end
            step(i, i, 0);
        access(1'b0, 6'h04, 0);
        expect_value("overrun", value[8], 0);
        result;
        step(9, 9, 0);
        access(1'b0, 6'h04, 0);
        expect_value("overrun", value[8], 1);
        access(1'b1, 6'h04, 32'h100);
        access(1'b0, 6'h04, 0);
        expect_value("overrun cleared", value[8], 0);
        access(1'b0, 6'h10, 0);
        expect_value("steps", value, 0);
        step(9, 9, 1); // the end of the sequence that was too long
        access(1'b1, 6'h04, 32'h100);
        step(1, 1, 0);
        access(1'b0, 6'h10, 0);
        expect_value("steps", value, 1);
        access(1'b0, 6'h04, 0);
        expect_value("overrun", value[8], 0);
        $display("%0s", wrong == 0 ? "PASS" : "FAIL");
        $finish;
    end
endmodule

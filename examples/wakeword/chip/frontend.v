// The ears of the wake word models: sound in, 16 bands a frame out. The same bits as frontend.c and internal/frontend/lean.go, which says
// what is computed, step by step, and why nothing overflows.
//
// A sample is taken when in_valid and in_ready are 1, and a band when out_valid and out_ready are: those of a frame in turn, from the lowest
// one on, the last with out_last. A frame takes at most 10,000 cycles and its bands are given at its end, while samples of the next frame come
// in: only when that is complete too does in_ready stay 0. So 12 MHz are enough for 8,000 samples a second. rst, held for a cycle, forgets all.
//
// One multiplier does the window, the turns of the transform and the powers, one product a cycle. Points of the transform are 16 bits
// of a real part below 16 of an imaginary one, the energies of bands lie behind them.
module frontend (
    input  wire        clk,
    input  wire        rst,
    input  wire        in_valid,
    output wire        in_ready,
    input  wire [15:0] in_sample, // signed
    output wire        out_valid,
    input  wire        out_ready,
    output wire [3:0]  out_band,
    output wire [7:0]  out_data,  // the energy in steps of an eighth of an octave, 0 for silence
    output wire        out_last
);
    // Samples come in whenever there is room for them; due says that a frame is complete that nobody has begun with.
    reg signed [15:0] samples [0:511];
    reg [8:0] write, base; // where the next sample goes, and where the frame begins
    reg [8:0] missing;     // samples, until the next frame is complete
    reg due;
    assign in_ready = !due && !rst;
    wire take = in_valid && in_ready;
    always @(posedge clk)
        if (take) samples[write] <= in_sample;

    localparam [3:0] WAIT = 0, LOUDNESS = 1, SCALE = 2, WINDOW = 3, FETCH = 4, TURN = 5, STORE = 6, CLEAR = 7, PAIR = 8, SQUARE = 9,
        LOOK = 10, LOG = 11, GIVE = 12;
    reg [3:0] phase;
    reg [4:0] step;  // within a phase, from 0
    reg [7:0] count; // samples, butterflies, bins or bands

    // Memories are read a cycle after their address.
    reg signed [15:0] sample, entry;
    reg signed [15:0] tables [0:511]; // of 0: 32767 * sin(pi k/128), of 256: one side of the window
`include "tables.vh"
    wire [8:0] heard = base + count;
    reg [7:0] angle;
    wire [7:0] side = count[7] ? -count : count; // of the window: 256 less it, from 128 on
    wire [8:0] constant = phase == TURN ? {1'b0, step[0] ? angle : angle + 8'd64} : {1'b1, side};
    always @(posedge clk) begin
        sample <= samples[heard];
        entry <= tables[constant];
    end

    reg [31:0] memory [0:255];
    reg [31:0] word;
    reg [7:0] from, to; // addresses
    reg [31:0] stored;
    reg store;
    always @(posedge clk) begin
        if (store) memory[to] <= stored;
        word <= memory[from];
    end

    // The product of two numbers is there a cycle later.
    reg signed [17:0] left;
    reg signed [16:0] right;
    reg signed [34:0] product;
    always @(posedge clk) product <= left * right;

    // Window: a sample after pre-emphasis, times an entry. loud has a bit for every bit that some sample has under the window.
    reg signed [15:0] previous;
    wire signed [17:0] emphasised = sample - previous + (previous >>> 5);
    wire signed [17:0] windowed = product >>> 15;
    reg [16:0] loud;
    reg signed [4:0] shift;        // to 14 bits; negative for loud frames
    reg signed [17:0] shifted;
    reg signed [4:0] to_shift;
    reg signed [15:0] real_part;

    // A point that is turned by angle of 256 parts of a circle, and the four of a butterfly: the last one that came is d.
    reg signed [16:0] re, im;
    reg signed [34:0] sum;
    wire signed [34:0] turned_re = sum >>> 15, turned_im = (sum - product) >>> 15;
    reg signed [15:0] a_re, a_im, b_re, b_im, c_re, c_im, d_re, d_im;
    reg [1:0] stage, point;        // three of radix 4, one of radix 2
    wire last_stage = stage == 3;
    reg [6:0] place;               // of a point
    reg [5:0] part;                // the angle of entry c; of radix 2, of entry b
    always @* begin
        case (stage)
            0: begin place = {count[4:0], point}; part = 0; end
            1: begin place = {count[4:2], point, count[1:0]}; part = {count[1:0], 4'b0}; end
            2: begin place = {count[4], point, count[3:0]}; part = {count[3:0], 2'b0}; end
            3: begin place = {point[0], count[5:0]}; part = count[5:0]; end
        endcase
    end
    // What goes to a point: a and b, c and d, each added or subtracted. Radix 2 has two points, and adds both twice.
    wire signed [15:0] p_re = last_stage ? c_re : a_re, p_im = last_stage ? c_im : a_im;
    wire signed [15:0] q_re = last_stage ? d_re : b_re, q_im = last_stage ? d_im : b_im;
    wire across = point[0] && !last_stage; // multiplied by i
    wire signed [15:0] r_re = across ? c_im : c_re, r_im = across ? c_re : c_im;
    wire signed [15:0] s_re = across ? d_im : d_re, s_im = across ? d_re : d_im;
    wire less_q = point[0], less_r_re = point[1], less_r_im = point[1] ^ across;
    wire less_s_re = last_stage ? point[0] : point[1] ^ point[0], less_s_im = last_stage ? point[0] : point[1];
    wire signed [18:0] sum_re = p_re + (less_q ? -q_re : q_re) + (less_r_re ? -r_re : r_re) + (less_s_re ? -s_re : s_re) + 19'sd2;
    wire signed [18:0] sum_im = p_im + (less_q ? -q_im : q_im) + (less_r_im ? -r_im : r_im) + (less_s_im ? -s_im : s_im) + 19'sd2;

    // Powers: bin k and bin 128 - k together, with bands that they belong to.
    reg signed [16:0] pair_re, pair_im;
    reg [3:0] low, high;
    reg pairs; // what is turned is a pair, and no point of a butterfly
    wire [7:0] mirror = 8'd128 - count;
    function [7:0] edge_of; // the bin where a band begins
        input [4:0] band;
        case (band)
            0: edge_of = 2;
            1: edge_of = 5;
            2: edge_of = 8;
            3: edge_of = 12;
            4: edge_of = 16;
            5: edge_of = 21;
            6: edge_of = 26;
            7: edge_of = 32;
            8: edge_of = 38;
            9: edge_of = 45;
            10: edge_of = 54;
            11: edge_of = 63;
            12: edge_of = 73;
            13: edge_of = 85;
            14: edge_of = 97;
            15: edge_of = 112;
            default: edge_of = 128;
        endcase
    endfunction

    // The logarithm: energy is shifted up to its leading one, and exponent counts down.
    reg [31:0] energy;
    reg [4:0] exponent;
    wire signed [9:0] level = $signed({2'b0, exponent, energy[30:28]}) - (shift <<< 4) - 10'sd32;
    reg [7:0] band;
    assign out_valid = phase == GIVE && !rst;
    assign out_band = count[3:0];
    assign out_data = band;
    assign out_last = count == 15;

    // What is multiplied, and what memory reads and writes.
    always @* begin
        left = re;
        right = entry;
        case (phase)
            LOUDNESS, WINDOW: left = emphasised;
            TURN: if (step == 2 || step == 3) left = im;
            SQUARE: begin
                case (step)
                    0: left = pair_re + im;
                    1: left = pair_im - re;
                    2: left = pair_re - im;
                    default: left = pair_im + re;
                endcase
                right = left[16:0];
            end
            default: ;
        endcase

        from = {1'b0, place};
        if (phase == PAIR) from = step == 0 ? count : mirror;
        if (phase == SQUARE) from = {4'b1000, step == 1 ? low : high};
        if (phase == LOOK) from = {4'b1000, count[3:0]};

        store = 0;
        to = from;
        stored = {sum_im[17:2], sum_re[17:2]};
        case (phase)
            WINDOW: begin // even samples are real parts, in bit-reversed order
                store = step == 3 && to_shift == 0 && count[0];
                to = {1'b0, count[1], count[2], count[3], count[4], count[5], count[6], count[7]};
                stored = {shifted[15:0], real_part};
            end
            STORE: store = 1;
            CLEAR: begin
                store = 1;
                to = {4'b1000, count[3:0]};
                stored = 0;
            end
            SQUARE: begin
                store = step == 2 ? count >= 2 : step == 4 && count != 64;
                to = {4'b1000, step == 2 ? low : high};
                stored = word + sum[31:0] + product[31:0];
            end
            default: ;
        endcase
    end

    always @(posedge clk) begin
        if (take) begin
            write <= write + 1'b1;
            missing <= missing - 1'b1;
            if (missing == 1) begin
                missing <= 128;
                due <= 1;
            end
        end

        step <= step + 1'b1;
        case (phase)
            WAIT: begin
                count <= 0;
                step <= 0;
                previous <= 0;
                loud <= 0;
                pairs <= 0;
                shift <= 14;
                if (due) begin
                    due <= 0;
                    base <= write - 9'd256;
                    phase <= LOUDNESS;
                end
            end
            LOUDNESS: begin // how many bits the largest sample has under the window
                if (step == 1) previous <= sample;
                if (step == 2) begin
                    loud <= loud | (windowed[17] ? -windowed[16:0] : windowed[16:0]);
                    count <= count + 1'b1;
                    step <= 0;
                    if (count == 255) phase <= SCALE;
                end
            end
            SCALE: begin
                loud <= loud >> 1;
                if (loud == 0) phase <= WINDOW;
                else shift <= shift - 1'b1;
                step <= 0;
            end
            WINDOW: begin // the same once more, shifted
                if (step == 1) previous <= sample;
                if (step == 2) begin
                    shifted <= windowed;
                    to_shift <= shift;
                end
                if (step == 3) begin
                    step <= 3;
                    if (to_shift > 0) begin
                        shifted <= shifted <<< 1;
                        to_shift <= to_shift - 1'b1;
                    end else if (to_shift < 0) begin
                        shifted <= shifted >>> 1;
                        to_shift <= to_shift + 1'b1;
                    end else begin
                        if (!count[0]) real_part <= shifted[15:0];
                        count <= count + 1'b1;
                        step <= 0;
                            stage <= 0;
                        point <= 0;
                        if (count == 255) phase <= FETCH;
                    end
                end
            end
            FETCH: begin
                if (step == 1) begin
                    {a_re, a_im, b_re, b_im, c_re, c_im, d_re, d_im} <= {b_re, b_im, c_re, c_im, d_re, d_im, word[15:0], word[31:16]};
                    re <= $signed(word[15:0]);
                    im <= $signed(word[31:16]);
                    case (point)
                        1: angle <= {part, 1'b0};
                        2: angle <= part;
                        default: angle <= part + {part, 1'b0};
                    endcase
                    step <= 0;
                    point <= point + 1'b1;
                    if (point != 0 && part != 0) phase <= TURN;
                    else if (point == (last_stage ? 1 : 3)) begin
                        point <= 0;
                        phase <= STORE;
                    end
                end
            end
            TURN: begin // re and im times cosine and sine, which come in turn; the sums round
                if (step == 2) sum <= product + 16384;
                if (step == 3) sum <= sum + product;
                if (step == 4) begin
                    re <= turned_re;
                    sum <= product + 16384;
                end
                if (step == 5) begin
                    im <= turned_im;
                    d_re <= re[15:0];
                    d_im <= turned_im;
                    step <= 0;
                    phase <= pairs ? SQUARE : point == (last_stage ? 2 : 0) ? STORE : FETCH;
                    if (last_stage) point <= 0;
                end
            end
            STORE: begin
                point <= point + 1'b1;
                if (point == (last_stage ? 1 : 3)) begin
                    point <= 0;
                    count <= count + 1'b1;
                    phase <= FETCH;
                    step <= 0;
                    if (count == (last_stage ? 63 : 31)) begin
                        count <= 0;
                        stage <= stage + 1'b1;
                        if (last_stage) phase <= CLEAR;
                    end
                end
            end
            CLEAR: begin
                count <= count + 1'b1;
                low <= 0;
                high <= 15;
                step <= 0;
                if (count == 15) begin
                    count <= 1;
                    phase <= PAIR;
                end
            end
            PAIR: begin
                pairs <= 1;
                angle <= count;
                if (step == 0 && count >= edge_of(low + 5'd1)) low <= low + 1'b1;
                if (step == 1 && mirror < edge_of(high)) high <= high - 1'b1;
                if (step == 1) {d_im, d_re} <= word;
                if (step == 2) begin
                    pair_re <= d_re + $signed(word[15:0]);
                    pair_im <= d_im - $signed(word[31:16]);
                    re <= d_re - $signed(word[15:0]);
                    im <= d_im + $signed(word[31:16]);
                    step <= 0;
                    phase <= TURN;
                end
            end
            SQUARE: begin
                sum <= product;
                if (step == 4) begin
                    count <= count + 1'b1;
                    step <= 0;
                    phase <= PAIR;
                    if (count == 64) begin
                        count <= 0;
                        phase <= LOOK;
                    end
                end
            end
            LOOK: if (step == 1) begin
                energy <= word;
                exponent <= 31;
                phase <= LOG;
            end
            LOG: begin
                energy <= energy << 1;
                exponent <= exponent - 1'b1;
                if (energy == 0 || energy[31]) begin
                    band <= energy == 0 || level < 0 ? 0 : level[7:0];
                    phase <= GIVE;
                end
            end
            GIVE: begin
                step <= 0;
                if (out_ready) begin
                    count <= count + 1'b1;
                    phase <= count == 15 ? WAIT : LOOK;
                end
            end
            default: phase <= WAIT;
        endcase
        if (rst) begin
            phase <= WAIT;
            write <= 0;
            missing <= 256;
            due <= 0;
        end
    end
endmodule

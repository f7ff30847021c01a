using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.PosLog;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Support.TillFiles;

namespace ControlTower.Tests.Sync.Connectors.PosLog;

/// <summary>What tills say, and what they should not say.</summary>
public sealed class PosLogReadingTests
{
    [Theory]
    [InlineData("<!DOCTYPE POSLog SYSTEM \"http://127.0.0.1/x.dtd\"><POSLog/>", "dtd", 1)]
    [InlineData("<?xml version=\"1.0\"?>\n<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\n<POSLog>&b;</POSLog>", "dtd", 2)]
    [InlineData("<Orders><Transaction/></Orders>", "not-poslog", 1)]
    [InlineData("", "not-poslog", 1)]
    [InlineData("Store;Till;Amount\n1;2;3\n", "not-poslog", 3)]
    [InlineData("<?xml version=\"1.0\" encoding=\"windows-1252\"?><POSLog/>", "encoding", 1)]
    [InlineData("<POSLog>\n<Transaction>\n<A>", "cut-off", 2)]
    [InlineData("<POSLog>\n\n", "cut-off", 3)]
    public async Task A_file_that_is_none_or_a_bomb_is_refused_by_name_and_place(string text, string code, int line)
    {
        var refusal = await Assert.ThrowsAsync<PosLogRefusedException>(() => ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text))));

        Assert.Equal((code, (long)line), (refusal.Code, refusal.At.Line));
        Assert.NotEmpty(refusal.Message);
    }

    [Theory]
    [InlineData("<POSLog><Transaction/></POSLog>\n<POSLog><Transaction/></POSLog>", "trailing", 2)]
    [InlineData("<POSLog><Transaction/>\n</POSLog> x", "trailing", 2)]
    [InlineData("<POSLog>\n<Batch><Transaction/></Batch></POSLog>", "nested", 2)]
    [InlineData("<POSLog>\n<Batch/></POSLog>", "no-transaction", 2)]
    [InlineData("</Batch>\n<POSLog/>", "not-poslog", 1)]
    public async Task What_would_lose_receipts_without_a_word_is_refused_by_name_and_place(string text, string code, int line)
    {
        var refusal = await Assert.ThrowsAsync<PosLogRefusedException>(() => ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text))));

        Assert.Equal((code, (long)line), (refusal.Code, refusal.At.Line));
    }

    [Fact]
    public async Task An_end_tag_of_nothing_is_told_and_the_sales_behind_it_are_read()
    {
        var all = await ReadAsync(new MemoryStream(File(Sale(1), "</Batch><X><Y/></Batch>", Sale(2), Sale(3))));

        Assert.Equal([false, true, false, false], all.Select(t => t.Slice.IsStray));
        Assert.Equal((11L, 1L), (all[1].Slice.At.Line, all[1].Slice.At.Column));
        Assert.Equal(3, all[3].Receipt!.Key.Sequence);
    }

    [Fact]
    public async Task A_transaction_inside_of_another_does_not_end_the_file()
    {
        var all = await ReadAsync(new MemoryStream(File(Sale(1).Replace("</Transaction>", Sale(2) + "</Transaction>", StringComparison.Ordinal), Sale(3))));

        Assert.Equal([null, 2L, null, 3L], all.Select(t => t.Receipt?.Key.Sequence));
    }

    [Fact]
    public async Task Comments_and_instructions_may_stand_behind_the_end()
    {
        byte[] file = [.. File(Sale(1)), .. "<!-- end --><?done?>\n"u8.ToArray()];
        foreach (var size in new[] { 1, 5, 4096 })
        {
            Assert.Single(await ReadAsync(new Drip(file, size)));
        }
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00")]
    [InlineData("9999-12-31T23:59:59")]
    public async Task A_time_at_which_no_till_sold_is_named_whatever_the_zone(string time)
    {
        var sale = Sale(7).Replace("<EndDateTime>2026-11-20T10:07:00", $"<EndDateTime>{time}", StringComparison.Ordinal);
        var document = Assert.Single(await ReadAsync(new MemoryStream(File(sale)))).Document;

        foreach (var zone in new[] { "Europe/Berlin", "America/New_York", "UTC" })
        {
            Assert.Equal("time", Assert.Single(PosLogReading.Read(document, TimeZoneInfo.FindSystemTimeZoneById(zone)).Faults).Code);
        }
    }

    [Fact]
    public async Task A_time_without_seconds_keeps_the_zone_it_names()
    {
        var sale = Sale(1).Replace("2026-11-20T10:01:00", "2026-11-20T10:01-05:00", StringComparison.Ordinal);
        var document = Assert.Single(await ReadAsync(new MemoryStream(File(sale)))).Document;

        Assert.Equal(new DateTimeOffset(2026, 11, 20, 15, 1, 0, TimeSpan.Zero), PosLogReading.Read(document, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).Receipt!.At);
    }

    [Fact]
    public async Task What_is_too_deep_or_too_large_is_refused_before_it_is_held()
    {
        var deep = $"<POSLog><Transaction>{string.Concat(Enumerable.Repeat("<A>", 5_000))}";
        Assert.Equal("too-deep", (await Assert.ThrowsAsync<PosLogRefusedException>(() => ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(deep))))).Code);
        await using var endless = new Endless(Encoding.UTF8.GetBytes("<POSLog>\n<Transaction><Note>"));
        var refusal = await Assert.ThrowsAsync<PosLogRefusedException>(() => ReadAsync(endless));
        Assert.Equal(("too-large", 2L), (refusal.Code, refusal.At.Line));
        Assert.InRange(endless.Given, PosLogCutter.Largest, 3 * PosLogCutter.Largest);
    }

    [Fact]
    public async Task A_transaction_with_an_unknown_entity_is_no_receipt_and_the_next_one_is()
    {
        var all = await ReadAsync(new MemoryStream(File(Sale(1, item: "&lol;"), Sale(2))));

        Assert.Equal("xml", Assert.Single(all[0].Faults).Code);
        Assert.Equal(2, all[1].Receipt!.Key.Sequence);
    }

    [Theory]
    [InlineData("total", "120.00", "grand-total")]
    [InlineData("paid", "118.99", "tenders")]
    [InlineData("tax", "18.00", "tax-total")]
    [InlineData("quantity", "0", "quantity")]
    [InlineData("quantity", "1,5", "amount")]
    [InlineData("total", "999999999999999999999999999999999", "amount")]
    [InlineData("status", "Dreamed", "status")]
    [InlineData("store", "a/b", "store")]
    [InlineData("day", "20.11.2026", "day")]
    public async Task A_lie_or_a_slip_is_named_and_nothing_of_the_receipt_is_taken(string what, string value, string code)
    {
        var sale = what switch
        {
            "total" => Sale(7, total: value),
            "paid" => Sale(7, paid: value),
            "tax" => Sale(7, tax: value),
            "quantity" => Sale(7, quantity: value),
            "status" => Sale(7, status: value),
            "store" => Sale(7, store: value),
            _ => Sale(7, day: value),
        };
        var (receipt, faults, slice, _) = (await ReadAsync(new MemoryStream(File(Sale(6), sale, Sale(8)))))[1];

        Assert.Null(receipt);
        Assert.Contains(faults, f => f.Code == code);
        Assert.Equal((11L, 1L), (slice.At.Line, slice.At.Column));
    }

    [Theory]
    [InlineData("Finished", "TrainingModeFlag=\"true\"", PosLogKind.Training)]
    [InlineData("Voided", "", PosLogKind.Voided)]
    [InlineData("PostVoided", "", PosLogKind.Voided)]
    [InlineData("Suspended", "", PosLogKind.Suspended)]
    [InlineData("Canceled", "", PosLogKind.Cancelled)]
    [InlineData("Replaced", "", PosLogKind.Reentered)]
    [InlineData("x:Suspended", "", PosLogKind.Suspended)]
    public async Task What_is_no_finished_sale_is_left_out_even_if_it_does_not_add_up(string status, string marks, PosLogKind kind)
    {
        var (receipt, faults, _, _) = Assert.Single(await ReadAsync(new MemoryStream(File(Sale(1, status: status, marks: marks, total: "1.00")))));

        Assert.Equal([], faults);
        Assert.Equal((kind, true), (receipt!.Kind, receipt.IsLeftOut));
    }

    [Fact]
    public async Task Amounts_keep_every_decimal_and_times_without_a_zone_are_the_stores()
    {
        var (receipt, _, _, document) = Assert.Single(await ReadAsync(new MemoryStream(File(Sale(1, quantity: "1.00000", paid: "119.00000")))));
        Assert.Equal("119.00000", receipt!.Paid.ToString(System.Globalization.CultureInfo.InvariantCulture));

        var order = Assert.IsType<OrderStated>(Assert.IsType<Translation.Events>(Translate(document)).List[0]).Statement;
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 9, 1, 0, TimeSpan.Zero), order.PlacedAt);
        Assert.Equal(new OrderKey("tills", "S001/1/2026-11-20/1"), order.Key);
    }

    [Theory]
    [InlineData("<Quantity>1</Quantity>", "<Quantity>0.65</Quantity>", "poslog-weighed")]
    [InlineData("<RetailTransaction TransactionStatus=\"Finished\">", "<RetailTransaction TransactionStatus=\"Finished\"><TransactionLink ReasonCode=\"PostVoid\"/>", "poslog-post-void")]
    public async Task What_the_tower_has_no_words_for_is_parked_with_its_reason(string from, string to, string code)
    {
        var (receipt, faults, _, document) = Assert.Single(await ReadAsync(new MemoryStream(File(Sale(1).Replace(from, to, StringComparison.Ordinal)))));

        Assert.True(receipt is not null, string.Join('\n', faults));
        Assert.Equal(code, Assert.IsType<Translation.Unreadable>(Translate(document)).Code);
    }

    [Fact]
    public async Task Goods_without_their_receipt_are_parked()
    {
        var back = Sale(1, total: "-119.00", paid: "-119.00").Replace("<Sale ", "<Return ", StringComparison.Ordinal).Replace("</Sale>", "</Return>", StringComparison.Ordinal)
            .Replace("TransactionTaxAmount\">", "TransactionTaxAmount\">-", StringComparison.Ordinal);
        var (receipt, faults, _, document) = Assert.Single(await ReadAsync(new MemoryStream(File(back))));

        Assert.True(receipt is not null, string.Join('\n', faults));
        Assert.Equal("poslog-blind-return", Assert.IsType<Translation.Unreadable>(Translate(document)).Code);
    }

    [Fact]
    public async Task A_file_is_read_on_from_every_place_behind_a_transaction_and_says_the_same()
    {
        var file = File(Enumerable.Range(1, 20).Select(i => Sale(i, store: i % 2 == 0 ? "Süd 😀" : "S001")));
        var whole = await ReadAsync(new MemoryStream(file));
        var cutter = new PosLogCutter(new MemoryStream(file));
        while (await cutter.NextAsync(default) is { } slice)
        {
            var on = new PosLogCutter(new MemoryStream(file[(int)slice.After.Byte..]), cutter.Head, slice.After);
            var rest = new List<(PosLogPlace, string)>();
            while (await on.NextAsync(default) is { } next)
            {
                rest.Add((next.At, Encoding.UTF8.GetString(next.Bytes.Span)));
            }

            var expected = whole.Where(t => t.Slice.At.Byte >= slice.After.Byte).Select(t => (t.Slice.At, Encoding.UTF8.GetString(file.AsSpan((int)t.Slice.At.Byte, (int)(t.Slice.After.Byte - t.Slice.At.Byte)))));
            Assert.Equal(expected, rest);
        }

        Assert.Equal(20, whole.Count);
    }

    [Fact]
    public async Task A_file_is_cut_the_same_however_small_the_pieces_are_in_which_it_comes()
    {
        var file = File("<!-- <Transaction> --><Batch><X/></Batch>", Sale(1), Sale(2, item: "<![CDATA[</Transaction>]]>"), "<?pi > ?>", Sale(3, marks: "Note='a > b'"));
        foreach (var size in new[] { 1, 2, 3, 7, 64, 4096 })
        {
            var all = await ReadAsync(new Drip(file, size));
            Assert.Equal([1L, 2L, 3L], all.Select(t => t.Receipt!.Key.Sequence));
            Assert.Equal("</Transaction>", all[1].Receipt!.Lines[0].Sku);
        }
    }

    [Fact]
    public async Task A_transaction_that_is_not_closed_costs_only_itself()
    {
        var all = await ReadAsync(new MemoryStream(File(Sale(1), Sale(2).Replace("</Transaction>", "", StringComparison.Ordinal), Sale(3))));

        Assert.Equal([false, true, false], all.Select(t => t.Slice.IsTorn));
        Assert.Equal(3, all[2].Receipt!.Key.Sequence);
    }

    [Fact]
    public void Hostile_bytes_are_an_answer_and_never_an_exception()
    {
        foreach (var bytes in new byte[][] { [], [0], [0xFF, 0xFE, 0x3C], "<"u8.ToArray(), "<POSLog>"u8.ToArray(), "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"u8.ToArray(), "<POSLog><Transaction/></POSLog>"u8.ToArray() })
        {
            Assert.IsType<Translation.Unreadable>(Translate(bytes));
        }
    }

    private sealed class Drip(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }

    private sealed class Endless(byte[] start) : MemoryStream(start)
    {
        public long Given { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = Read(buffer.Span);
            if (read == 0)
            {
                buffer.Span.Fill((byte)'a');
                read = buffer.Length;
            }

            Given += read;
            return ValueTask.FromResult(read);
        }
    }
}

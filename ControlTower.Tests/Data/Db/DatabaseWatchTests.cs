using ControlTower.Data.Db;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.Db;

public sealed class DatabaseWatchTests
{
    private static readonly NpgsqlException Gone = new("connection refused");

    private readonly FakeTimeProvider clock = new();
    private readonly TestLog log = new();
    private readonly DatabaseWatch watch;

    public DatabaseWatchTests() => watch = new DatabaseWatch(new TowerDataSources("Host=127.0.0.1"), clock, new LoggerFactory([log]).CreateLogger<DatabaseWatch>());

    [Fact]
    public void An_outage_is_one_warning_and_one_line_at_its_end_however_many_loops_notice()
    {
        for (var second = 0; second < 60; second++)
        {
            Assert.True(watch.Missed($"loop {second % 7}", Gone));
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        clock.Advance(TimeSpan.FromSeconds(3));
        for (var i = 0; i < 10; i++)
        {
            watch.Reached();
        }

        Assert.Equal([LogLevel.Warning, LogLevel.Information], log.Lines.Select(line => line.Level));
        Assert.Contains("after 63 s", log.Lines.Last().Text, StringComparison.Ordinal);
        Assert.False(watch.IsAway);
    }

    [Fact]
    public void One_loop_that_gets_through_while_others_fail_does_not_end_it()
    {
        for (var i = 0; i < 20; i++)
        {
            watch.Missed("one", Gone);
            clock.Advance(TimeSpan.FromMilliseconds(500));
            watch.Reached();
        }

        Assert.Single(log.Lines);
        Assert.True(watch.IsAway);
    }

    [Theory]
    [InlineData("57P01", true)]
    [InlineData("57P03", true)]
    [InlineData("53100", true)]
    [InlineData("25006", true)]
    [InlineData("08006", true)]
    [InlineData("23505", false)]
    [InlineData("42P01", false)]
    [InlineData("40P01", false)]
    public void What_lies_in_a_statement_is_not_the_databases_absence(string state, bool absence)
        => Assert.Equal(absence, watch.Missed("a loop", new PostgresException("no", "ERROR", "ERROR", state)));

    [Fact]
    public void A_defect_is_not_the_databases_absence()
    {
        Assert.False(watch.Missed("a loop", new InvalidOperationException("a defect")));
        Assert.Empty(log.Lines);
    }
}

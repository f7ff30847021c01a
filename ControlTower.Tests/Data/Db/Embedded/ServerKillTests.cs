using System.Diagnostics;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.Db.Embedded;

public sealed class ServerKillTests
{
    private const int Writers = 8;
    private const int Kills = 3;

    [Promise(1)]
    [Fact]
    public async Task Kill_minus_9_of_the_server_under_load_loses_no_committed_row()
    {
        await using var database = await TestDatabase.CreateAsync(durable: true);
        await database.ExecuteAsync("create table acked (id uuid primary key)");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromMinutes(3));
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
        var ledger = new AckLedger();
        var writers = Enumerable.Range(0, Writers).Select(_ => WriteAsync(database, ledger, enough.Token)).ToList();

        for (var kill = 0; kill < Kills; kill++)
        {
            await ledger.WaitForMoreAsync(100, deadline.Token);
            var before = database.Postgres.Server.ProcessId;
            using (var postmaster = Process.GetProcessById(before))
            {
                postmaster.Kill();
            }

            // Sessions of the dead server may acknowledge a little longer; only another process counts as back.
            do
            {
                await ledger.WaitForMoreAsync(1, deadline.Token);
            }
            while (database.Postgres.Server.ProcessId == before);

            // More than were under way: at least one was written by the new server.
            await ledger.WaitForMoreAsync(Writers + 1, deadline.Token);
        }

        await enough.CancelAsync();
        await Task.WhenAll(writers);
        Assert.Equal(0, await MissingAsync(database, ledger.All));
    }

    [Sabotage(1)]
    [Fact]
    public async Task The_count_of_lost_rows_would_notice_one()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table acked (id uuid primary key)");

        Assert.Equal(1, await MissingAsync(database, [Guid.NewGuid()]));
    }

    private static async Task WriteAsync(TestDatabase database, AckLedger ledger, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            var id = Guid.NewGuid();
            try
            {
                await using var command = database.Sources.Work.CreateCommand("insert into acked values ($1)");
                command.Parameters.AddWithValue(id);
                await command.ExecuteNonQueryAsync(CancellationToken.None);
                ledger.Add(id);
            }
            catch (NpgsqlException)
            {
                // Refused while the server is away, or the answer was lost: not acknowledged, so nothing is promised.
                await Task.Yield();
            }
        }
    }

    private static async Task<long> MissingAsync(TestDatabase database, IReadOnlyCollection<Guid> acked)
    {
        await using var command = database.Sources.Work.CreateCommand(
            "select count(*) from unnest($1) as a(id) where not exists (select from acked where acked.id = a.id)");
        command.Parameters.AddWithValue(acked.ToArray());
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}

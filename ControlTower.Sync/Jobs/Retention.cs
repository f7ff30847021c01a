using ControlTower.Data.Accounts;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Catalog;
using ControlTower.Data.Db;
using ControlTower.Data.Exports;
using ControlTower.Data.Inbox;
using ControlTower.Data.Inventory;
using ControlTower.Data.Kpis;
using ControlTower.Data.Notifications;
using ControlTower.Data.Operations;
using ControlTower.Data.Outbox;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Operations;
using Hangfire;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Jobs;

/// <summary>
/// Makes room for what is to come and erases what must not be kept: bodies of messages and calls, and what channels were told of stock and prices, after 30 days, calls half a year after their month, checks of the data and notifications after 90 days, the buyer of an
/// order that ended after a year, words of closed cases as their class says, counts and levels of key figures after two years and a bit, files of exports when they can no longer be fetched, answers to keys of API clients after a day and what clients asked after two weeks, ended sessions and links. Keys of messages and postings stay, they are the guard against duplicates. Works in slices and whole months, so that no statement is long.
/// </summary>
public sealed class Retention(InboxUpkeep inbox, CallLog calls, SessionStore sessions, IntegrityStore integrity, ExportStore exports, TowerDataSources data, ErasureDesk erasure, IOptions<RetentionOptions> options)
{
    private static readonly TimeSpan Bodies = TimeSpan.FromDays(30);
    private static readonly TimeSpan Calls = TimeSpan.FromDays(180);
    private static readonly TimeSpan Checks = TimeSpan.FromDays(90);
    private static readonly TimeSpan Notices = TimeSpan.FromDays(90);
    private static readonly TimeSpan Requests = TimeSpan.FromDays(14);
    private static readonly TimeSpan Levels = TimeSpan.FromDays(800);
    private static readonly TimeSpan Exports = TimeSpan.FromDays(30);

    [AutomaticRetry(Attempts = 3)]
    public async Task RunAsync(CancellationToken cancel)
    {
        await calls.PrepareAsync(cancel);
        await inbox.EraseBodiesAsync(Bodies, cancel);
        await calls.EraseBodiesAsync(Bodies, cancel);
        await calls.ForgetAsync(Calls, cancel);
        await sessions.PruneAsync(cancel);
        await integrity.ForgetAsync(Checks, cancel);
        await erasure.CatchUpAsync(options.Value.Personal, cancel);
        await NoticeWork.ForgetAsync(data.Work, Notices, cancel);
        await exports.ForgetAsync(Exports, cancel);
        await DriftStore.ForgetAsync(data.Work, Bodies, cancel);
        await ListingStore.ForgetAsync(data.Work, Bodies, cancel);
        await PriceCells.ForgetAsync(data.Work, Bodies, cancel);
        await KpiWork.ForgetAsync(data.Work, Levels, cancel);
        await ApiWriteStore.ForgetAsync(data.Work, cancel);
        await ApiRequestStore.ForgetAsync(data.Work, Requests, cancel);
        await ApiLimitStore.ForgetAsync(data.Work, Requests, cancel);
    }
}

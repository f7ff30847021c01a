using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Reconciliation;
using Npgsql;

namespace ControlTower.Sync.Reconciliation;

/// <summary>What people do about breaks. Each act is one transaction with its audit entry; done twice it does nothing more. Nothing is thrown away: what was undone still stands in the history.</summary>
public sealed class ReconDesk(ReconActing acting, JournalDesk journals)
{
    public const string MatchPermission = "finance:break:match";
    public const string AdjustPermission = "finance:break:adjust";

    /// <summary>Most suggestions that are accepted at once, and most items that are linked by hand.</summary>
    public const int Most = 500;

    /// <summary>Accepts what is offered; suggestions that are gone by now are left out and counted.</summary>
    public Task<ReconAnswer> AcceptAsync(IReadOnlyCollection<long> links, Actor actor, CancellationToken cancel) => acting.InAsync(
        actor, MatchPermission, Subject(links), null, Which(links),
        async connection =>
        {
            if (links.Count is 0 or > Most)
            {
                return new ReconAnswer.Refused("field", $"Choose from 1 to {Most.ToString(CultureInfo.InvariantCulture)} suggestions.");
            }

            await ReconActs.LockLinksAsync(connection, links, cancel);
            return await JoinAsync(connection, links, actor, cancel);
        },
        cancel);

    /// <summary>Accepts all that the same rule offers for items of the same kind.</summary>
    /// <param name="expected">How many the person was shown: where there are more by now, nothing is done.</param>
    public Task<ReconAnswer> AcceptAlikeAsync(long link, int expected, Actor actor, CancellationToken cancel) => acting.InAsync(
        actor, MatchPermission, Subject([link]), null, new Dictionary<string, string>(StringComparer.Ordinal) { ["alike"] = expected.ToString(CultureInfo.InvariantCulture) },
        async connection =>
        {
            await ReconActs.LockLinksAsync(connection, [link], cancel);
            var alike = await ReconActs.AlikeAsync(connection, link, Most + 1, cancel);
            if (alike.Count > expected || alike.Count > Most)
            {
                return new ReconAnswer.Refused("moved", $"There are {alike.Count.ToString(CultureInfo.InvariantCulture)} alike by now. Look at them again.");
            }

            return await JoinAsync(connection, alike, actor, cancel);
        },
        cancel);

    /// <summary>Refuses what is offered: it is not offered again.</summary>
    public Task<ReconAnswer> RefuseAsync(IReadOnlyCollection<long> links, string? why, Actor actor, CancellationToken cancel) => acting.InAsync(
        actor, MatchPermission, Subject(links), why, Which(links),
        async connection =>
        {
            await ReconActs.LockLinksAsync(connection, links, cancel);
            var offered = await ReconActs.OfferedAsync(connection, links, cancel);
            if (offered.Count > 0)
            {
                await ReconActs.RefuseAsync(connection, [.. offered.Select(o => o.Id)], actor.Name, why, cancel);
            }

            return new ReconAnswer.Done(offered.Count);
        },
        cancel);

    /// <summary>Puts items together that belong together: the others join the first.</summary>
    /// <param name="items">Of one comparison.</param>
    public Task<ReconAnswer> LinkAsync(IReadOnlyList<long> items, string why, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(why) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : items.Distinct().Count() is < 2 or > Most ? Task.FromResult<ReconAnswer>(new ReconAnswer.Refused("field", "Choose at least two items."))
        : acting.InAsync(
            actor, MatchPermission, $"reconciliation/{items[0].ToString(CultureInfo.InvariantCulture)}", why.Trim(), Which(items),
            async connection =>
            {
                var held = new List<ReconHeld>();
                foreach (var id in items.Distinct().Order())
                {
                    if (await ReconActs.LockAsync(connection, id, cancel) is not { } one)
                    {
                        return new ReconAnswer.Refused("unknown", "One of the items is not there any more.");
                    }

                    held.Add(one);
                }

                if (held.Select(h => h.Comparison).Distinct(StringComparer.Ordinal).Count() > 1)
                {
                    return new ReconAnswer.Refused("state", "These items are of different comparisons: an order's posting and a payout's deposit cannot be one match.");
                }

                if (held.Exists(h => h.MonthClosed))
                {
                    return ReconActing.ClosedMonth;
                }

                var first = held.First(h => h.Id == items[0]);
                var bundle = Guid.CreateVersion7();
                var links = new List<long>();
                foreach (var other in held.Where(h => h.Id != first.Id))
                {
                    if (await ReconActs.LinkAsync(connection, first.Comparison, other.GroupKey, first.GroupKey, bundle, actor.Name, why.Trim(), cancel) is not { } link)
                    {
                        return new ReconAnswer.Refused("state", $"{other.Document ?? "One of the items"} is matched elsewhere already. Undo that match first.");
                    }

                    links.Add(link);
                }

                await connection.JoinedAsync(links, cancel);
                await ReconActs.SettleAsync(connection, first.Comparison, [.. held.Select(h => h.GroupKey)], cancel);
                return new ReconAnswer.Done(links.Count, Id: links[0]);
            },
            cancel);

    /// <summary>Takes a match back, whoever made it: everything stands again where it stood. No rule makes the same match again.</summary>
    public Task<ReconAnswer> UndoAsync(long link, string why, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(why) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : acting.InAsync(
            actor, MatchPermission, Subject([link]), why.Trim(), null,
            async connection =>
            {
                await ReconActs.LockLinksAsync(connection, [link], cancel);
                var bundle = await ReconActs.BundleAsync(connection, link, cancel);
                if (bundle.Count == 0)
                {
                    return new ReconAnswer.Refused("state", "This match was taken back already.");
                }

                await ReconActs.PartAsync(connection, [.. bundle.Select(b => b.Id)], actor.Name, why.Trim(), cancel);
                await SettleAsync(connection, bundle, cancel);
                return new ReconAnswer.Done(bundle.Count);
            },
            cancel);

    /// <summary>A person takes a difference, or a part of it, upon themselves.</summary>
    /// <param name="amount">Of the sign of the difference, at most as much.</param>
    /// <param name="reason">A code of <see cref="ReconReason"/>.</param>
    /// <param name="key">Of this act: the same again changes nothing.</param>
    public Task<ReconAnswer> AdjustAsync(long item, int seen, decimal amount, string reason, string? words, Guid key, Actor actor, CancellationToken cancel)
    {
        var problems = new List<ReconProblem>();
        var text = words?.Trim() ?? "";
        if (text.Length > ReconActing.LongestReason)
        {
            problems.Add(new("words", $"At most {ReconActing.LongestReason.ToString(CultureInfo.InvariantCulture)} characters fit."));
        }

        return acting.OnItemAsync(
            item, null, actor, AdjustPermission, text.Length > 0 ? text : reason,
            async (connection, held) =>
            {
                // Asked again after a lost answer, it is done: whatever the version is by now.
                if (await ReconActs.AdjustedAsync(connection, key, cancel))
                {
                    return new ReconAnswer.Done(0);
                }

                if (seen != held.Version)
                {
                    return ReconActing.Moved;
                }

                if (held.State != "open" || held.Difference == 0m)
                {
                    return new ReconAnswer.Refused("state", "There is no open difference to explain.");
                }

                if (amount == 0m || Math.Sign(amount) != Math.Sign(held.Difference) || Math.Abs(amount) > Math.Abs(held.Difference))
                {
                    problems.Add(new("amount", string.Create(CultureInfo.InvariantCulture, $"Enter an amount from nought to the difference of {held.Difference:0.00##} {held.Currency}.")));
                }
                else if (!new Data.Canonical.Money(amount, held.Currency).IsExact)
                {
                    problems.Add(new("amount", $"{held.Currency} has not so many decimals."));
                }

                var known = await ReconActs.ReasonAsync(connection, reason, cancel);
                if (known is null)
                {
                    problems.Add(new("reason", "Choose a reason."));
                }
                else if (reason == "other" && text.Length == 0)
                {
                    problems.Add(new("words", "Say what it is."));
                }

                if (problems.Count > 0)
                {
                    return new ReconAnswer.Refused("field", problems[0].Words, problems);
                }

                var taken = await ReconActs.TakenAsync(connection, held, actor.Id, actor.Name, cancel);
                if (await ReconActs.LimitAsync(connection, actor.Role, held.Currency, cancel) is var most && Math.Abs(amount) + taken > (most ?? 0m))
                {
                    return new ReconAnswer.Refused("limit", most is { } limit
                        ? string.Create(CultureInfo.InvariantCulture, $"Your role may take upon itself at most {limit:0.00##} {held.Currency} of one item{(taken > 0m ? $", and you have taken {taken:0.00##}" : "")}. Ask somebody who may more.")
                        : $"No limit in {held.Currency} is set for your role, so nothing may be written off. An administrator sets it under Rules.");
                }

                var made = await ReconActs.AdjustAsync(connection, held, amount, reason, text, actor.Id, actor.Name, key, cancel);
                if (made is not { } id)
                {
                    return new ReconAnswer.Done(0);
                }

                await ReconActs.CommentAsync(connection, held.Id, "adjusted", string.Create(CultureInfo.InvariantCulture, $"{amount:0.00##} {held.Currency}, {reason}{(text.Length > 0 ? $": {text}" : "")}"), actor.Name, cancel);
                return await journals.BookAdjustmentAsync(connection, held, id, amount, known!.Value.Title, known.Value.Account, actor, cancel) is ReconAnswer.Refused why ? why : new ReconAnswer.Done(Id: id);
            },
            cancel,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["amount"] = amount.ToString(CultureInfo.InvariantCulture), ["reason"] = reason });
    }

    /// <summary>Takes an adjustment back; its booking in the ERP, if there is one, is people's to reverse there.</summary>
    public Task<ReconAnswer> UndoAdjustmentAsync(long item, long adjustment, string why, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(why) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : acting.OnItemAsync(
            item, null, actor, AdjustPermission, why.Trim(),
            async (connection, held) =>
            {
                if (!await ReconActs.UnadjustAsync(connection, held, adjustment, actor.Name, why.Trim(), cancel))
                {
                    return new ReconAnswer.Refused("state", "It was taken back already.");
                }

                await ReconActs.CommentAsync(connection, held.Id, "adjustment-undone", why.Trim(), actor.Name, cancel);
                return new ReconAnswer.Done();
            },
            cancel);

    /// <summary>A person has seen what has no difference to explain: a payout that came back, a posting that came late.</summary>
    public Task<ReconAnswer> AcknowledgeAsync(long item, string why, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(why) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : acting.OnItemAsync(
            item, null, actor, MatchPermission, why.Trim(),
            async (connection, held) =>
            {
                if (held.State != "open" || held.Difference != 0m)
                {
                    return new ReconAnswer.Refused("state", "There is a difference: explain it with a match or an adjustment.");
                }

                await ReconActs.MarkAsync(connection, held.Id, acknowledged: true, null, cancel);
                await ReconActs.CommentAsync(connection, held.Id, "acknowledged", why.Trim(), actor.Name, cancel);
                return new ReconAnswer.Done();
            },
            cancel);

    /// <summary>Takes the tolerance of a rule back for this item: it is a break again, and no rule tolerates it.</summary>
    public Task<ReconAnswer> NotToleratedAsync(long item, string why, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(why) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : acting.OnItemAsync(
            item, null, actor, MatchPermission, why.Trim(),
            async (connection, held) =>
            {
                if (held.State != "tolerated")
                {
                    return new ReconAnswer.Refused("state", "No rule tolerates it.");
                }

                await ReconActs.MarkAsync(connection, held.Id, null, strict: true, cancel);
                await ReconActs.CommentAsync(connection, held.Id, "strict", why.Trim(), actor.Name, cancel);
                return new ReconAnswer.Done();
            },
            cancel);

    public Task<ReconAnswer> CommentAsync(long item, string words, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(words) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : acting.InAsync(
            actor, MatchPermission, $"reconciliation/{item.ToString(CultureInfo.InvariantCulture)}", words.Trim(), null,
            async connection =>
            {
                if (await ReconActs.LockAsync(connection, item, cancel) is null)
                {
                    return new ReconAnswer.Refused("unknown", "There is no such item.");
                }

                await ReconActs.CommentAsync(connection, item, "comment", words.Trim(), actor.Name, cancel);
                return new ReconAnswer.Done();
            },
            cancel);

    /// <summary>Takes items, or gives them to somebody, until a time; nobody and no time gives them back.</summary>
    public Task<ReconAnswer> OwnAsync(IReadOnlyCollection<long> items, Guid? owner, string? name, DateTimeOffset? until, Actor actor, CancellationToken cancel) => acting.InAsync(
        actor, MatchPermission, items.Count == 1 ? $"reconciliation/{items.First().ToString(CultureInfo.InvariantCulture)}" : "reconciliation", null, new Dictionary<string, string>(StringComparer.Ordinal) { ["owner"] = name ?? "nobody" },
        async connection =>
        {
            if (items.Count is 0 or > Most)
            {
                return new ReconAnswer.Refused("field", $"Choose from 1 to {Most.ToString(CultureInfo.InvariantCulture)} items.");
            }

            var count = 0;
            foreach (var id in items.Order())
            {
                if (await ReconActs.LockAsync(connection, id, cancel) is { } held && (held.OwnerId != owner || held.HeldUntil != until || held.ByRule))
                {
                    await ReconActs.OwnAsync(connection, id, owner, name, until, cancel);
                    await ReconActs.CommentAsync(connection, id, "owner", name ?? "nobody", actor.Name, cancel);
                    count++;
                }
            }

            return new ReconAnswer.Done(count);
        },
        cancel);

    /// <summary>Has both sides of an item read again at once, as their budgets allow.</summary>
    public Task<ReconAnswer> ReadAgainAsync(long item, Actor actor, CancellationToken cancel) => acting.OnItemAsync(
        item, null, actor, MatchPermission, null,
        async (connection, held) =>
        {
            var systems = await ReconActs.ReadAgainAsync(connection, held, cancel);
            if (systems.Count == 0)
            {
                return new ReconAnswer.Refused("state", "Neither of its systems has orders or a ledger that the tower reads.");
            }

            await ReconActs.CommentAsync(connection, held.Id, "asked", string.Join(", ", systems), actor.Name, cancel);
            return new ReconAnswer.Done(systems.Count, $"Read again now: {string.Join(", ", systems)}.");
        },
        cancel);

    private static async Task<ReconAnswer> JoinAsync(NpgsqlConnection connection, IReadOnlyCollection<long> links, Actor actor, CancellationToken cancel)
    {
        var offered = await ReconActs.OfferedAsync(connection, links, cancel);
        if (offered.Count == 0)
        {
            return new ReconAnswer.Refused("moved", "These suggestions are gone: what they would match has changed.");
        }

        await ReconActs.JoinAsync(connection, [.. offered.Select(o => o.Id)], actor.Name, null, cancel);
        await SettleAsync(connection, offered, cancel);
        return new ReconAnswer.Done(links.Count);
    }

    private static async Task SettleAsync(NpgsqlConnection connection, IReadOnlyCollection<(long Id, string Comparison, string From, string To)> links, CancellationToken cancel)
    {
        foreach (var some in links.GroupBy(l => l.Comparison, StringComparer.Ordinal).OrderBy(g => Comparisons.All.ToList().IndexOf(g.Key)))
        {
            await ReconActs.SettleAsync(connection, some.Key, [.. some.SelectMany(l => new[] { l.From, l.To }).Distinct(StringComparer.Ordinal)], cancel);
        }
    }

    private static string Subject(IReadOnlyCollection<long> links) => links.Count == 1 ? $"reconciliation/match/{links.First().ToString(CultureInfo.InvariantCulture)}" : "reconciliation/match";

    private static Dictionary<string, string> Which(IReadOnlyCollection<long> ids) =>
        new(StringComparer.Ordinal) { ["ids"] = string.Join(' ', ids.Take(Most).Select(i => i.ToString(CultureInfo.InvariantCulture))) };
}

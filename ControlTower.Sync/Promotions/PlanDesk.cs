using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using Npgsql;

namespace ControlTower.Sync.Promotions;

/// <summary>
/// What people do to plans: write, check, send, agree. A plan under review does not change; who wrote or sent one never approves it, which the database refuses as well. Each act is one transaction with
/// its audit entry, against what its person saw.
/// </summary>
public sealed class PlanDesk(TowerDataSources data, PromotionActing acting, PromotionQueries queries, ConnectionDirectory connections, AuditLog audit)
{
    public const string WritePermission = "promotions:plan:write";
    public const string ApprovePermission = "promotions:plan:approve";
    public const string StorePermission = "promotions:store:write";
    public const int LongestComment = 1_000;

    /// <summary>Connections that can show promotional prices or reductions, with what each can; by role and name.</summary>
    public IReadOnlyList<PromotionTarget> Targets() =>
        [.. connections.All.Select(c => new PromotionTarget(c.Profile.Id, c.Profile.Name, c.Profile.Kind, c.Connector!.Role, c.Profile.Brand, c.Profile.Currency, c.Profile.TimeZone, c.Connector.Prices(c.Profile)) { NotPlanned = c.Connector.NotPlanned, NoPriceLists = c.Connector.NoPriceLists })
            .Where(t => t.Can != PriceAbilities.None).OrderBy(t => t.Role).ThenBy(t => t.Name, StringComparer.CurrentCulture).ThenBy(t => t.Id, StringComparer.Ordinal)];

    /// <summary>What is wrong with a plan before anything is looked up: fields, places, zones and what its channels cannot do.</summary>
    public IReadOnlyList<PlanProblem> Problems(PromotionPlan plan)
    {
        var targets = Targets().ToDictionary(t => t.Id, StringComparer.Ordinal);
        return
        [
            .. PromotionCheck.Of(plan), .. plan.Connections.Where(c => !targets.ContainsKey(c)).Select(c => new PlanProblem("connections", $"{c} shows no promotions, or does not exist. Take it out.")),
            .. plan.Connections.Select(c => targets.GetValueOrDefault(c)).OfType<PromotionTarget>().Where(t => t.NotPlanned is not null).Select(t => new PlanProblem("connections", $"{t.Name}: {t.NotPlanned} Take it out.")),
            .. (plan.PriceLists ?? []).Select(l => targets.GetValueOrDefault(l.Connection)).OfType<PromotionTarget>().Where(t => !t.Can.HasFlag(PriceAbilities.PriceLists)).Distinct()
                .Select(t => new PlanProblem("priceLists", t.NoPriceLists is { } why ? $"{t.Name}: {why} Take them out." : $"{t.Name} has no price lists that the tower may set. Take them out, or have an administrator switch them on in its connection.")),
        ];
    }

    /// <param name="key">Made once by whoever asks; asking again with it makes no second promotion.</param>
    public async Task<PromotionAnswer> CreateAsync(Guid key, PromotionPlan plan, Actor actor, CancellationToken cancel)
    {
        if (Problems(plan) is { Count: > 0 } problems)
        {
            return Wrong(problems);
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var (id, made) = await PromotionActs.CreateAsync(connection, key, plan, actor, cancel);
        if (made)
        {
            await audit.AppendAsync(connection, transaction, new AuditEntry(actor, WritePermission, $"promotion:{PromotionText.Number(id)}", Detail: Figures(plan)), cancel);
            await transaction.CommitAsync(cancel);
            acting.Announce();
        }

        return new PromotionAnswer.Done(id);
    }

    /// <summary>Keeps the plan as the newest draft; a live promotion goes on as it is until the draft is approved.</summary>
    public Task<PromotionAnswer> SaveAsync(long id, int seen, PromotionPlan plan, Actor actor, CancellationToken cancel) =>
        Problems(plan) is { Count: > 0 } problems ? Task.FromResult<PromotionAnswer>(Wrong(problems))
        : acting.ActAsync(
            id, seen, actor, WritePermission, null,
            h => Editable(h),
            async (connection, held) => new PromotionAnswer.Done(id, Words: $"Saved as revision {await PromotionActs.SaveAsync(connection, held, plan, actor, cancel)}."), cancel, Figures(plan));

    /// <summary>A new promotion with the newest plan of this one.</summary>
    public async Task<PromotionAnswer> CopyAsync(long id, Guid key, Actor actor, CancellationToken cancel)
    {
        if (await queries.FindAsync(id, null, cancel) is not { } view)
        {
            return new PromotionAnswer.Refused("unknown", "There is no such promotion.");
        }

        const string mark = " (copy)";
        var name = view.Revision.Plan.Name;
        return await CreateAsync(key, view.Revision.Plan with { Name = (name.Length + mark.Length <= PromotionCheck.LongestName ? name : name[..(PromotionCheck.LongestName - mark.Length)]) + mark }, actor, cancel);
    }

    /// <summary>Has the newest draft checked against what channels hold; progress stands in the revision.</summary>
    public Task<PromotionAnswer> CheckAsync(long id, int seen, Actor actor, CancellationToken cancel) => acting.ActAsync(
        id, seen, actor, WritePermission, null,
        h => h.Newest != RevisionState.Draft ? Locked(h) : null,
        async (connection, held) =>
        {
            await PromotionActs.AskCheckAsync(connection, held, cancel);
            return new PromotionAnswer.Done(id);
        },
        cancel);

    /// <summary>Has every price of the checked plan read at its channel, and every reduction at a checkout looked up, as a release would; nothing is written there.</summary>
    public Task<PromotionAnswer> DryRunAsync(long id, int seen, Actor actor, CancellationToken cancel) => acting.ActAsync(
        id, seen, actor, WritePermission, null,
        h => h.IsOver ? Over(h) : h.CheckedAt is null || h.Checking ? ("check", "Check the plan first: the dry run reads the prices that the check found.") : null,
        async (connection, held) => await PromotionActs.AskDryRunAsync(connection, held, cancel) is > 0 and var prices ? new PromotionAnswer.Done(id, prices)
            : new PromotionAnswer.Refused("dry-run", "It has nothing that could be read: SKUs that no channel lists, and offers that no channel can show, are not tried."),
        cancel);

    /// <summary>A person takes a warning upon themselves.</summary>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<PromotionAnswer> AcknowledgeAsync(long id, string check, string why, Actor actor, CancellationToken cancel)
    {
        var reason = PromotionActing.Reason(why);
        return acting.ActAsync(
            id, null, actor, WritePermission, reason,
            h => h.Newest != RevisionState.Draft ? Locked(h) : null,
            async (connection, held) => await PromotionActs.AcknowledgeAsync(connection, held, check, actor.Name, reason, cancel)
                ? new PromotionAnswer.Done(id) : new PromotionAnswer.Refused("state", "There is no such warning any more, or somebody has acknowledged it already."),
            cancel, new Dictionary<string, string>(StringComparer.Ordinal) { ["check"] = check });
    }

    /// <summary>Asks for approval; sent again, it asks somebody else. From now on the plan is locked.</summary>
    /// <param name="to">Whom, in words; null: whoever may.</param>
    public Task<PromotionAnswer> SendAsync(long id, int seen, string? to, Actor actor, CancellationToken cancel) => acting.ActAsync(
        id, seen, actor, WritePermission, null,
        h => h.Newest is not (RevisionState.Draft or RevisionState.Review) ? Locked(h)
            : h.IsOver ? Over(h)
            : h.Newest == RevisionState.Review ? null
            : h.CheckedAt is null || h.Checking ? ("check", "Check the plan first; nothing of it was checked since it was saved.")
            : h.Blocking > 0 ? ("check", $"{h.Blocking} findings block it. Mend errors, acknowledge warnings, or check again what could not be checked.")
            : h.Cells == 0 ? ("check", "It changes no price anywhere. Choose SKUs that its channels list.") : null,
        async (connection, held) =>
        {
            if (held.Newest == RevisionState.Draft && await PromotionActs.ContestedAsync(connection, held, cancel) is { } rival)
            {
                return new PromotionAnswer.Refused("overlap", $"{PromotionText.Number(rival)} has come to some of its prices since it was checked. Check it again, to see which of them win.");
            }

            var whom = to?.Trim() is { Length: > 0 } words ? words[..Math.Min(words.Length, 100)] : null;
            await PromotionActs.SendAsync(connection, held, actor, whom, cancel);
            await PromotionActs.LogAsync(connection, id, "ask", $"Revision {held.Revision} sent for approval{(whom is null ? "" : $" to {whom}")}", actor.Name, cancel);
            return new PromotionAnswer.Done(id);
        },
        cancel);

    /// <summary>Takes the request back; the draft can be changed again.</summary>
    public Task<PromotionAnswer> WithdrawAsync(long id, int seen, Actor actor, CancellationToken cancel) => acting.ActAsync(
        id, seen, actor, WritePermission, null,
        h => h.Newest != RevisionState.Review ? ("state", "It is not under review.") : null,
        async (connection, held) =>
        {
            await PromotionActs.WithdrawAsync(connection, held, cancel);
            return new PromotionAnswer.Done(id);
        },
        cancel);

    /// <summary>Agrees, as somebody who had no hand in it. The revision is in force from now on: it begins at its hour.</summary>
    public Task<PromotionAnswer> ApproveAsync(long id, int seen, string? comment, Actor actor, CancellationToken cancel) => DecideAsync(
        id, seen, comment, actor,
        h => h.IsOver || h.State is PromotionState.Ending or PromotionState.RollingBack ? ("state", "It is on its way back, or over. Copy it to plan it anew.")
            : h.Ends <= h.Now ? ("state", "Its window has passed already. Ask for changes.") : null,
        async (connection, held, words) =>
        {
            if (await PromotionActs.ContestedAsync(connection, held, cancel) is { } rival)
            {
                return new PromotionAnswer.Refused("overlap", $"{PromotionText.Number(rival)} has come to some of its prices since it was checked: nobody has seen yet which of them win. Ask for changes, so that it is checked again.");
            }

            await PromotionActs.DecideAsync(connection, held, approve: true, actor, words, cancel);
            var cells = await PromotionActs.AdoptAsync(connection, held, null, cancel);
            // Who was told to advance a stage was told about the revision before.
            await PromotionActs.CallAgainAsync(connection, id, cancel);
            await PromotionActs.LogAsync(connection, id, "ok", $"Revision {held.Revision} approved: {cells.ToString(CultureInfo.InvariantCulture)} prices", actor.Name, cancel);
            return new PromotionAnswer.Done(id, cells);
        },
        cancel);

    /// <summary>Gives it back to its authors.</summary>
    /// <exception cref="ArgumentException">No comment, or one that is too long.</exception>
    public Task<PromotionAnswer> RequestChangesAsync(long id, int seen, string comment, Actor actor, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(comment);
        return DecideAsync(
            id, seen, comment, actor, _ => null,
            async (connection, held, words) =>
            {
                await PromotionActs.DecideAsync(connection, held, approve: false, actor, words, cancel);
                await PromotionActs.LogAsync(connection, id, "warn", $"Changes asked for in revision {held.Revision}: {words}", actor.Name, cancel);
                return new PromotionAnswer.Done(id);
            },
            cancel);
    }

    /// <summary>Ends a promotion that never began.</summary>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<PromotionAnswer> CancelAsync(long id, int seen, string why, Actor actor, CancellationToken cancel)
    {
        var reason = PromotionActing.Reason(why);
        return acting.ActAsync(
            id, seen, actor, WritePermission, reason,
            h => h.State is PromotionState.Planned or PromotionState.Scheduled ? null : h.IsOver ? Over(h) : ("state", "It has begun. Roll it back, or end it."),
            async (connection, held) =>
            {
                await PromotionActs.StateAsync(connection, id, PromotionState.Cancelled, cancel);
                await PromotionActs.AskAsync(connection, id, null, null, null, null, cancel);
                await PromotionActs.LogAsync(connection, id, "back", $"Cancelled: {reason}", actor.Name, cancel);
                return new PromotionAnswer.Done(id);
            },
            cancel);
    }

    /// <summary>Says in which time a store lives (null: its connection's) and which price groups its tills know.</summary>
    public async Task<PromotionAnswer> StoreAsync(string store, string? zone, IReadOnlyList<string> groups, Actor actor, CancellationToken cancel)
    {
        var named = string.IsNullOrWhiteSpace(zone) ? null : zone.Trim();
        if (named is not null && !TimeZoneInfo.TryFindSystemTimeZoneById(named, out _))
        {
            return Wrong([new PlanProblem("timeZone", $"{(named.Length > 40 ? named[..40] : named)} is no time zone. Give its name, as Europe/Berlin.")]);
        }

        var clean = groups.Select(g => g.Trim()).Where(g => g.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        if (clean.Length > 20 || clean.Any(g => g.Length > 60))
        {
            return Wrong([new PlanProblem("priceGroups", "A store has at most 20 price groups of at most 60 characters.")]);
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await PromotionActs.StoreAsync(connection, store, named, clean, cancel))
        {
            return new PromotionAnswer.Refused("unknown", "There is no such store.");
        }

        await audit.AppendAsync(
            connection, transaction, new AuditEntry(actor, StorePermission, $"location:{store}", Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["timeZone"] = named ?? "", ["priceGroups"] = string.Join(", ", clean) }),
            cancel);
        await transaction.CommitAsync(cancel);
        acting.Announce();
        return new PromotionAnswer.Done(0);
    }

    private Task<PromotionAnswer> DecideAsync(
        long id, int seen, string? comment, Actor actor, Func<PromotionHeld, (string, string)?> refuses, Func<NpgsqlConnection, PromotionHeld, string?, Task<PromotionAnswer>> act, CancellationToken cancel)
    {
        var words = comment?.Trim() is { Length: > 0 } text ? text : null;
        return words is { Length: > LongestComment }
            ? Task.FromResult<PromotionAnswer>(Wrong([new PlanProblem("comment", $"A comment has at most {LongestComment} characters.")]))
            : acting.ActAsync(
                id, seen, actor, ApprovePermission, words,
                h => h.Newest != RevisionState.Review ? ("state", "It is not under review.")
                    : h.Author ? (PromotionActing.FourEyes, "You had a hand in this plan. Somebody else decides about it.") : refuses(h),
                (connection, held) => act(connection, held, words), cancel);
    }

    private static (string Rule, string Words)? Editable(PromotionHeld held) =>
        held.IsOver ? Over(held)
        : held.State is PromotionState.Ending or PromotionState.RollingBack ? ("state", "It is on its way back. Copy it to plan it anew.")
        : held.Newest == RevisionState.Review ? Locked(held) : null;

    private static (string Rule, string Words) Over(PromotionHeld held) => ("state", $"It is {PromotionText.Of(held.State)}. Copy it to plan it anew.");

    private static (string Rule, string Words) Locked(PromotionHeld held) => held.Newest == RevisionState.Review
        ? ("locked", "It is under review and locked. Withdraw the request first.")
        : ("locked", "This revision was decided on. Save the plan as a new revision first.");

    private static PromotionAnswer.Refused Wrong(IReadOnlyList<PlanProblem> problems) => new("plan", problems[0].Message, problems);

    private static Dictionary<string, string> Figures(PromotionPlan plan) => new(StringComparer.Ordinal)
    {
        ["name"] = plan.Name, ["offer"] = plan.Offer.Kind.ToString(), ["percent"] = plan.Offer.Percent.ToString(CultureInfo.InvariantCulture), ["skus"] = plan.Products.Skus.Count.ToString(CultureInfo.InvariantCulture),
        ["connections"] = string.Join(", ", plan.Connections.Take(20)), ["stores"] = plan.Stores.Count.ToString(CultureInfo.InvariantCulture), ["priceLists"] = string.Join(", ", (plan.PriceLists ?? []).Take(20).Select(l => $"{l.Connection}/{l.List}")),
        ["starts"] = plan.Starts.ToString("s", CultureInfo.InvariantCulture), ["ends"] = plan.Ends.ToString("s", CultureInfo.InvariantCulture),
    };
}

/// <summary>A connection that promotions can reach.</summary>
public sealed record PromotionTarget(string Id, string Name, string Kind, SystemRole Role, string Brand, string? Currency, string TimeZone, PriceAbilities Can)
{
    /// <summary>Most prices of one call.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Most items of one reduction at the checkout; null: no limit is known.</summary>
    public int? DiscountItems { get; init; }

    public VendorLimits? Limits { get; init; }

    /// <summary>Why nothing can be planned for it, as a sentence; null: it can.</summary>
    public string? NotPlanned { get; init; }

    /// <summary>Why its vendor has no price lists to set, as a sentence; null: it has.</summary>
    public string? NoPriceLists { get; init; }

    /// <param name="percent">Off what is got, where some are bought and some are got.</param>
    /// <param name="code">What a buyer types; null or blank: automatic.</param>
    public bool Takes(OfferKind kind, decimal percent = 100, string? code = null) => kind switch
    {
        OfferKind.CheckoutPercent => AtCheckout(code),
        OfferKind.CheckoutAmount => AtCheckout(code) && Has(PriceAbilities.AmountOff),
        OfferKind.BuyXGetY => AtCheckout(code) && Has(PriceAbilities.BuyXGetY) && (percent >= 100 || Has(PriceAbilities.GetForLess)),
        OfferKind.CompareAt => Has(PriceAbilities.CompareAt),
        _ => Has(PriceAbilities.Everywhere) || Has(PriceAbilities.Places),
    };

    private bool AtCheckout(string? code) => Has(string.IsNullOrWhiteSpace(code) ? PriceAbilities.AutomaticDiscount : PriceAbilities.DiscountCode);

    private bool Has(PriceAbilities ability) => Can.HasFlag(ability);
}

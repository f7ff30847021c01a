namespace ControlTower.Sync.Triage;

/// <summary>
/// Says in plain words what happened, why, and what to do. Pure. Rules go from special to general: first what the code names, then what the vendor's message
/// names, then the failure kind alone. A kind that nobody knows still gets an honest answer.
/// </summary>
public static class Playbook
{
    private const string SameKey = "It keeps its posting key, so nothing can post twice.";

    public static CaseWords For(CaseFacts facts)
    {
        var what = What(facts);
        var rule = PlaybookRules.Find(facts);
        return rule is null
            ? new CaseWords(what, null, $"Read the answer below, mend the cause, then retry. {SameKey}", RetryAdvice.AfterRepair)
            : new CaseWords(what, Fill(rule.Why, facts), Fill(rule.Todo, facts) + (rule.PostsAgain && facts.Document is not null ? " " + SameKey : ""), rule.Retry);
    }

    /// <summary>What a retry does for a failure of this kind and code, whatever its message says: approvals, and what no retry helps, are known by those alone.</summary>
    public static RetryAdvice Retry(string failure, string code) => PlaybookRules.Find(new CaseFacts(failure, code, ""))?.Retry ?? RetryAdvice.AfterRepair;

    /// <summary>The document in words: <c>PostSalesOrder</c> is "sales order".</summary>
    public static string Document(string? kind) => kind switch
    {
        "PostSalesOrder" => "sales order",
        "UpdateSalesOrder" => "changed sales order",
        "CancelSalesOrder" => "cancellation",
        "AcknowledgeOrder" => "acknowledgement",
        "ShipSalesOrder" => "shipment and invoice",
        "FulfilOrder" => "fulfilment",
        "PostPayment" => "payment",
        "PostCreditMemo" => "credit memo",
        "RefundPayment" => "refund",
        "CloseReturn" => "end of the return",
        null => "order",
        _ => "document",
    };

    private static string What(CaseFacts facts)
    {
        var amount = facts.Amount is null ? "" : $", {facts.Amount}";
        var at = facts.At is null ? "" : $", at {facts.At}";
        var target = facts.Target ?? "ControlTower";
        var source = facts.Source ?? "The sender";
        return (Kind(facts.Failure), facts.Order, facts.Document) switch
        {
            ("unknownoutcome", { } order, _) => $"We sent the {Document(facts.Document)} for order {order}{amount} to {target}{at}, and got no answer that says whether it was done.",
            ("parse", null, _) => $"{source} sent a message that cannot be read{at}.",
            ("parse", { } order, _) => $"{source} sent a message about order {order} that cannot be read{at}.",
            ("connection", null, _) => $"{target} does not let us in{at}.",
            (_, { } order, null) => $"ControlTower stopped order {order}{amount}{at}.",
            ("connection" or "intermittent" or "ratelimit", { } order, _) => $"The {Document(facts.Document)} for order {order}{amount} could not be delivered to {target}{at}.",
            (_, { } order, _) => $"{target} refused the {Document(facts.Document)} for order {order}{amount}{at}.",
            _ => $"{(facts.Target is null ? source : target)} gave something that cannot be used{at}.",
        };
    }

    private static string Fill(string text, CaseFacts facts) => text
        .Replace("{target}", facts.Target ?? "the target", StringComparison.Ordinal)
        .Replace("{source}", facts.Source ?? "the sender", StringComparison.Ordinal)
        .Replace("{document}", Document(facts.Document), StringComparison.Ordinal)
        .Replace("{field}", facts.Field ?? "a field", StringComparison.Ordinal)
        // Last, so that a vendor's message that contains a placeholder is shown as it came.
        .Replace("{message}", facts.Message, StringComparison.Ordinal);

    public static bool IsUnknownOutcome(string failure) => Kind(failure) == "unknownoutcome";

    /// <summary>The kind without its spelling: <c>unknown-outcome</c>, <c>UnknownOutcome</c> and <c>unknown outcome</c> are one.</summary>
    internal static string Kind(string failure) => new([.. failure.Where(char.IsAsciiLetter).Select(char.ToLowerInvariant)]);
}

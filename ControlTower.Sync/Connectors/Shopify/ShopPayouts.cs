using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Payouts of Shopify Payments and what moved its balance, a page of either a call: first all payouts of a run, then all balance transactions. Neither tells when it changed, so the last days are read
/// again each time; the version of a payout is how far it got, that of a transaction the number of the payout that carries it. A shop without Shopify Payments has none.
/// </summary>
internal sealed class ShopPayouts(GraphCall call)
{
    /// <summary>The setting that switches the feed on.</summary>
    public const string Setting = "payouts";

    private const string Transactions = "transactions";

    /// <summary>A payout that the bank sends back is heard of within two weeks.</summary>
    public static FeedPlan Plan { get; } = new(LedgerFeeds.Payouts, TimeSpan.FromHours(1), TimeSpan.FromDays(14));

    public static bool IsOn(ConnectionProfile profile) => profile.Settings.GetValueOrDefault(Setting) == "yes";

    public async Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel)
    {
        var cursor = LedgerCursor.Of(request);
        var moves = cursor.Part == Transactions;
        var from = cursor.From.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var variables = new JsonObject { ["after"] = cursor.Page, ["query"] = $"{(moves ? "processed_at" : "issued_at")}:>='{from}'" };
        var (data, failure) = await call.ReadAsync(moves ? ShopifyDocuments.BalanceTransactions : ShopifyDocuments.Payouts, variables, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new FeedAnswer.Failed(failure);
        }

        if (data.At("shopifyPaymentsAccount") is not { } account)
        {
            return data.TryGetProperty("shopifyPaymentsAccount", out _) ? cursor.Answer([], null) : new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "it names no account"));
        }

        return Statement(account, moves, cursor);
    }

    private const string Sending = "TRANSFER";

    private static FeedAnswer Statement(JsonElement account, bool moves, LedgerCursor cursor)
    {
        var list = moves ? "balanceTransactions" : "payouts";
        var lines = new List<MoneyLine>();
        foreach (var node in account.Items(list, "nodes"))
        {
            if ((moves ? Transaction(node) : Payout(node)) is not { } line)
            {
                return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "a line of it has no id, time or amount"));
            }

            cursor = cursor.Seen(line.At);
            if (moves && node.Text("type") == Sending)
            {
                continue; // The payout's own entry: the payout tells it.
            }

            lines.Add(line);
            if (moves && line.Kind == MoneyKind.PayoutReturned && Number(node.Text("associatedPayout", "id")) is { } carrier && carrier != line.Payout)
            {
                lines.Add(line with { Kind = MoneyKind.Carried, Payout = carrier });
            }
        }

        var next = account.Flag(list, "pageInfo", "hasNextPage") == true ? account.Text(list, "pageInfo", "endCursor") : null;
        return account.At(list, "nodes") is { ValueKind: JsonValueKind.Array }
            ? cursor.Answer(lines, next, moves ? null : Transactions)
            : new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "it has no list"));
    }

    private static MoneyLine? Payout(JsonElement node)
    {
        if (Number(node.Text("id")) is not { } id || node.Time("issuedAt") is not { } at || Amount(node, "net") is not { } net)
        {
            return null;
        }

        var (version, status) = node.Text("status") switch
        {
            "PAID" => (2, MoneyStatus.Final),
            "FAILED" => (3, MoneyStatus.Failed),
            "CANCELED" => (3, MoneyStatus.Cancelled),
            "IN_TRANSIT" => (1, MoneyStatus.Pending),
            _ => (0, MoneyStatus.Pending),
        };
        // The vendor does not say whether a withdrawal carries a sign.
        var sent = Math.Abs(net.Amount) * (node.Text("transactionType") == "WITHDRAWAL" ? -1 : 1);
        return new MoneyLine(MoneyKind.Payout, id, version, net with { Amount = sent }, at, id, LedgerFeeds.References(node.Text("externalTraceId")), status);
    }

    private static MoneyLine? Transaction(JsonElement node)
    {
        if (Number(node.Text("id")) is not { } id || node.Time("transactionDate") is not { } at || Amount(node, "amount") is not { } amount || Amount(node, "fee") is not { } fee || fee.Currency != amount.Currency)
        {
            return null;
        }

        var type = node.Text("type") ?? "";
        var kind = Kind(type);
        var payout = Number(node.Text("associatedPayout", "id"));
        var source = node.Text("sourceId");
        var named = LedgerFeeds.References(Number(node.Text("associatedOrder", "id")), node.Text("associatedOrder", "name"), node.Text("sourceOrderTransactionId"), source);
        return new MoneyLine(
            kind, id, long.TryParse(payout, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0, amount, at, id,
            named,
            // A test moves no money.
            node.Flag("test") == true ? MoneyStatus.Gone : MoneyStatus.Final,
            Fee: fee.Amount, Payout: kind == MoneyKind.PayoutReturned ? source ?? payout : payout, Method: "shopify_payments",
            Text: VendorText.Plain(node.Text("adjustmentReason") ?? type, 300));
    }

    private static MoneyKind Kind(string type) => type switch
    {
        "CHARGE" => MoneyKind.Charge,
        "REFUND" or "REFUND_FAILURE" => MoneyKind.ChargeRefund,
        "DISPUTE_WITHDRAWAL" or "DISPUTE_REVERSAL" => MoneyKind.Dispute,
        "TRANSFER_REFUND" or "TRANSFER_CANCEL" or "TRANSFER_FAILURE" => MoneyKind.PayoutReturned,
        _ when type.StartsWith("RESERVED_FUNDS", StringComparison.Ordinal) || type.StartsWith("CHARGEBACK_HOLD", StringComparison.Ordinal) || type is "RISK_WITHDRAWAL" or "RISK_REVERSAL" => MoneyKind.Reserve,
        _ when type.Contains("_FEE", StringComparison.Ordinal) || type.StartsWith("SHIPPING_", StringComparison.Ordinal) || type.StartsWith("BILLING_", StringComparison.Ordinal) => MoneyKind.Fee,
        _ when type.Contains("ADJUSTMENT", StringComparison.Ordinal) || type.Contains("CREDIT", StringComparison.Ordinal) || type.Contains("DEBIT", StringComparison.Ordinal) => MoneyKind.Adjustment,
        _ => MoneyKind.Unknown,
    };

    private static Money? Amount(JsonElement node, string member) =>
        node.Amount(member, "amount") is { } amount && node.Text(member, "currencyCode") is { } currency && Currencies.IsCode(currency) ? new Money(amount, currency) : null;

    /// <summary>The number at the end of a global id, by which the tower names orders as well.</summary>
    private static string? Number(string? gid) => gid?[(gid.LastIndexOf('/') + 1)..] is { Length: > 0 and <= 20 } number && number.All(char.IsAsciiDigit) ? number : null;
}

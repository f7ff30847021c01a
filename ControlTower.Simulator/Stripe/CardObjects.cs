using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Shopify;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Stripe;

/// <summary>The vendor's objects, with every member that its types promise.</summary>
internal static class CardObjects
{
    private const string Account = "ba_northlane";

    public static JsonObject Entry(CardEntry entry, bool expanded) => new()
    {
        ["id"] = entry.Id, ["object"] = "balance_transaction", ["amount"] = entry.Amount, ["available_on"] = Seconds(entry.Created), ["balance_type"] = "payments", ["created"] = Seconds(entry.Created),
        ["currency"] = "eur", ["description"] = entry.Words, ["exchange_rate"] = entry.Rate, ["fee"] = entry.Fee,
        ["fee_details"] = entry.Fee == 0 ? new JsonArray() : new JsonArray(new JsonObject { ["amount"] = entry.Fee, ["application"] = null, ["currency"] = "eur", ["description"] = "Stripe processing fees", ["type"] = "stripe_fee" }),
        ["net"] = entry.Net, ["reporting_category"] = entry.Category, ["source"] = expanded ? entry.Source?.DeepClone() : entry.SourceId, ["status"] = "available", ["type"] = entry.Type,
    };

    public static JsonObject Payout(CardPayout payout) => new()
    {
        ["id"] = payout.Id, ["object"] = "payout", ["amount"] = payout.Amount, ["application_fee"] = null, ["application_fee_amount"] = null, ["arrival_date"] = Seconds(payout.Arrives), ["automatic"] = true,
        ["balance_transaction"] = $"txn_{payout.Id}", ["created"] = Seconds(payout.Created), ["currency"] = "eur", ["description"] = "STRIPE PAYOUT", ["destination"] = Account,
        ["failure_balance_transaction"] = payout.Failure, ["failure_code"] = payout.Failure is null ? null : "account_closed", ["failure_message"] = payout.Failure is null ? null : "The bank account has been closed.",
        ["livemode"] = false, ["metadata"] = new JsonObject(), ["method"] = "standard", ["original_payout"] = null, ["payout_method"] = null, ["reconciliation_status"] = "completed", ["reversed_by"] = null,
        ["source_type"] = "card", ["statement_descriptor"] = null, ["status"] = payout.Status, ["trace_id"] = new JsonObject { ["status"] = "supported", ["value"] = payout.Trace }, ["type"] = "bank_account",
    };

    public static JsonObject Charge(Market market, ShopOrder order, Payment payment) => new()
    {
        ["id"] = $"ch_{payment.Id}", ["object"] = "charge", ["amount"] = Minor(market, payment.Amount), ["amount_captured"] = Minor(market, payment.Amount), ["amount_refunded"] = 0, ["application"] = null,
        ["application_fee"] = null, ["application_fee_amount"] = null, ["balance_transaction"] = $"txn_{payment.Id}",
        ["billing_details"] = new JsonObject { ["address"] = null, ["email"] = null, ["name"] = null, ["phone"] = null, ["tax_id"] = null },
        ["calculated_statement_descriptor"] = "NORTHLANE", ["captured"] = true, ["created"] = Seconds(payment.At), ["currency"] = Code(market), ["customer"] = null, ["description"] = $"order {order.Name}",
        ["disputed"] = false, ["failure_balance_transaction"] = null, ["failure_code"] = null, ["failure_message"] = null, ["fraud_details"] = null, ["livemode"] = false, ["metadata"] = Metadata(order),
        ["on_behalf_of"] = null, ["outcome"] = null, ["paid"] = true, ["payment_intent"] = $"pi_{payment.Id}", ["payment_method"] = null, ["payment_method_details"] = null, ["receipt_email"] = null,
        ["receipt_number"] = null, ["receipt_url"] = null, ["refunded"] = false, ["review"] = null, ["shipping"] = null, ["source"] = null, ["source_transfer"] = null, ["statement_descriptor"] = null,
        ["statement_descriptor_suffix"] = null, ["status"] = "succeeded", ["transfer_data"] = null, ["transfer_group"] = null,
    };

    public static JsonObject Refund(Market market, ShopOrder order, Payment payment) => new()
    {
        ["id"] = $"re_{payment.Id}", ["object"] = "refund", ["amount"] = Minor(market, payment.Amount), ["balance_transaction"] = $"txn_{payment.Id}", ["charge"] = $"ch_{payment.ParentId}",
        ["created"] = Seconds(payment.At), ["currency"] = Code(market), ["customer"] = null, ["customer_account"] = null, ["metadata"] = Metadata(order), ["payment_intent"] = $"pi_{payment.ParentId}",
        ["payment_method"] = null, ["reason"] = null, ["receipt_number"] = null, ["source_transfer_reversal"] = null, ["status"] = "succeeded", ["transfer_reversal"] = null,
    };

    public static JsonObject Dispute(Market market, ShopOrder order, Payment payment, DateTimeOffset at, bool won) => new()
    {
        ["id"] = $"dp_{payment.Id}", ["object"] = "dispute", ["amount"] = Minor(market, payment.Amount), ["balance_transactions"] = new JsonArray(), ["charge"] = $"ch_{payment.Id}", ["created"] = Seconds(at),
        ["currency"] = Code(market), ["enhanced_eligibility_types"] = new JsonArray(), ["evidence"] = new JsonObject(), ["evidence_details"] = new JsonObject { ["due_by"] = null, ["enhanced_eligibility"] = new JsonObject(), ["has_evidence"] = false, ["past_due"] = false, ["submission_count"] = 0, ["submission_method"] = "manual" }, ["intended_submission_method"] = null,
        ["is_charge_refundable"] = false, ["livemode"] = false, ["metadata"] = Metadata(order), ["payment_intent"] = $"pi_{payment.Id}", ["reason"] = "fraudulent", ["status"] = won ? "won" : "under_review",
    };

    private static JsonObject Metadata(ShopOrder order) => new() { ["order_id"] = order.Id.ToString(CultureInfo.InvariantCulture), ["order_name"] = order.Name };

    private static string Code(Market market) => market.Currency.ToLowerInvariant();

    private static long Minor(Market market, decimal amount) => (long)(amount * (market.Decimals == 0 ? 1m : 100m));

    private static long Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds();
}

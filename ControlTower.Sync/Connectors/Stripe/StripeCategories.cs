using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>What Stripe's reporting categories mean. The source of the words is the vendor's list of reporting categories; a new one is <see cref="MoneyKind.Unknown"/>.</summary>
public static class StripeCategories
{
    public const string Payout = "payout";
    public const string PayoutReversal = "payout_reversal";

    public static MoneyKind Kind(string? category) => category switch
    {
        "charge" => MoneyKind.Charge,
        "refund" or "refund_failure" or "charge_failure" or "partial_capture_reversal" => MoneyKind.ChargeRefund,
        "dispute" or "dispute_reversal" => MoneyKind.Dispute,
        "fee" or "network_cost" or "tax" => MoneyKind.Fee,
        "risk_reserved_funds" or "connect_reserved_funds" => MoneyKind.Reserve,
        Payout => MoneyKind.Payout,
        PayoutReversal => MoneyKind.PayoutReturned,
        "other_adjustment" or "connect_collection_transfer" or "platform_earning" or "platform_earning_refund" or "transfer" or "transfer_reversal" or "topup" or "topup_reversal" or "advance"
            or "advance_funding" or "anticipation_repayment" or "contribution" or "financing_paydown" or "financing_paydown_reversal" or "financing_payout" or "financing_payout_reversal"
            or "climate_order_purchase" or "climate_order_refund" or "issuing_authorization_hold" or "issuing_dispute" or "issuing_transaction" or "unreconciled_customer_funds" => MoneyKind.Adjustment,
        _ => MoneyKind.Unknown,
    };

    /// <summary>Of a line of a payout or of the balance: it rises once a payout carries the line, and with the payment no longer pending, and never falls.</summary>
    public static long LineVersion(bool carried, bool pending) => (carried ? 2 : 0) + (pending ? 0 : 1);

    /// <summary>Where a payout stands, and how far that is on its way: Stripe names no time of change, but a payout never goes back.</summary>
    public static (MoneyStatus Status, long Version) PayoutState(string? status) => status switch
    {
        "pending" => (MoneyStatus.Pending, 1),
        "in_transit" => (MoneyStatus.Pending, 2),
        "paid" => (MoneyStatus.Final, 3),
        "canceled" => (MoneyStatus.Cancelled, 4),
        "failed" => (MoneyStatus.Failed, 4),
        _ => (MoneyStatus.Pending, 0),
    };
}

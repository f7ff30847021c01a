namespace ControlTower.Sync.Triage;

/// <summary>One entry of the playbook. <paramref name="PostsAgain"/>: say that a second posting is impossible.</summary>
internal sealed record PlaybookRule(Func<CaseFacts, bool> Fits, string Why, string Todo, RetryAdvice Retry, bool PostsAgain = true);

internal static class PlaybookRules
{
    private static readonly PlaybookRule[] All =
    [
        // What the code says.
        new(f => Code(f, "forbidden", "unauthorized", "invalid-credentials"),
            "{target} let us in but will not let us do this. {message}",
            "Give the app user the missing right in {target} and test the connection, then retry.", RetryAdvice.AfterRepair),
        new(f => Code(f, "redirected"),
            "The address of {target} has moved. {message}",
            "Correct the address of the connection, test it, then retry.", RetryAdvice.AfterRepair),
        new(f => Exactly(f, "fraud-review"),
            "{message}", "Check buyer and payment. Retry lets the order pass; to stop it, cancel it in the shop.", RetryAdvice.Approves),
        new(f => Exactly(f, "test-order"),
            "{message}", "Discard it, or retry to post it all the same.", RetryAdvice.Approves),
        new(f => Exactly(f, "duplicate-order"),
            "{message}", "Compare both orders and ask the buyer. Retry lets this one pass; to stop it, cancel it in the shop and this case closes.", RetryAdvice.Approves),
        new(f => Exactly(f, "total-mismatch", "tax-mismatch"),
            "{message}", "Compare the order in the shop with its parts. When the shop corrects it, the new statement is taken by itself; retry checks it once more.",
            RetryAdvice.AfterRepair),
        new(f => Exactly(f, "out-of-stock"),
            "{message}", "Move or receive stock, or change the order in the shop. It tries again by itself every few minutes; retry tries now.", RetryAdvice.AfterRepair),
        new(f => Exactly(f, "goods-gone"),
            "{message}", "Look on the shelf and ask the store. Bring others there and have them counted, or tell the buyer and cancel the order in the shop.", RetryAdvice.WillNotHelp),
        new(f => Exactly(f, "not-paid"),
            "{message}", "Ask the buyer, or the payment provider. The shop's next statement is taken by itself; if no payment comes, cancel the order in the shop.", RetryAdvice.WillNotHelp),
        new(f => Exactly(f, "no-erp"),
            "{message}", "Choose the ERP in the settings of the shop's connection, then retry.", RetryAdvice.AfterRepair),
        new(f => Exactly(f, "no-lines", "unknown-currency", "bad-quantity", "missing-sku", "no-pickup-location", "amount-too-large", "negative-total", "excess-decimals"),
            "{message}", "Correct the order in the shop: the new statement is taken by itself and this case closes.", RetryAdvice.AfterRepair),
        new(f => Exactly(f, "edit-after-shipment", "cancel-after-shipment", "shipped-but-cancelled", "invoiced-but-cancelled", "invoiced-too-much", "late-shipment", "parcel-called-off",
                "refund-exceeds-capture", "refund-value", "invoice-currency", "erp-total-differs", "erp-document-differs"),
            "{message}", "Two systems contradict each other, and neither may be overwritten. Correct it where it is wrong, such as by a return or a credit note in the ERP, "
            + "then resolve the case and say what was done.", RetryAdvice.WillNotHelp),

        // What the vendor's words say, whatever its code.
        new(f => Says(f, "posting date", "closed period", "period is closed", "fiscal year", "accounting period") || Code(f, "closed-period", "period"),
            "The accounting period of the document is closed in {target}. {message}",
            "Open the period, or let finance change the allowed posting dates, then retry.", RetryAdvice.AfterRepair),
        new(f => Says(f, "blocked") && Says(f, "customer", "party") || Code(f, "customer-blocked", "blocked-customer"),
            "The customer is blocked in {target}. {message}",
            "Clear the block with accounting, or cancel the order in the shop. Then retry.", RetryAdvice.AfterRepair),
        new(f => Says(f, "blocked"),
            "Something that the {document} needs is blocked in {target}. {message}",
            "Clear the block in {target}, then retry.", RetryAdvice.AfterRepair),
        new(f => Is(f, "missing", "value", "refused") && (Says(f, "vat ", "tax code", "tax group", "posting setup") || Code(f, "tax")),
            "{target} has no set-up for a tax or posting group of this order. {message}",
            "Add the set-up in {target}, or map the code to one that it knows, then retry. Every order with this code fails until then.", RetryAdvice.AfterRepair),
        new(f => Is(f, "missing", "value", "refused") && (Code(f, "sku", "item", "product", "variant") || Field(f, "sku", "item", "lineobject") || Says(f, "sku", "the item does not exist", "product not found")),
            "{target} does not know an item of this order. {message}",
            "Create the item in {target}, or correct the SKU in the shop, then retry. Other orders with the same SKU wait for the same repair.", RetryAdvice.AfterRepair),
        new(f => Is(f, "missing", "value", "refused") && (Code(f, "customer", "buyer") || Field(f, "customer", "buyer")),
            "{target} cannot find or make the customer of this order. {message}",
            "Create or correct the customer in {target}, then retry.", RetryAdvice.AfterRepair),
        new(f => Is(f, "missing") && (Code(f, "location", "warehouse") || Field(f, "location")),
            "{target} does not know the location that the goods come from. {message}",
            "Create the location in {target} under the same code, then retry; or map it once to the code by which {target} knows it.", RetryAdvice.AfterRepair),
        new(f => Is(f, "missing", "value") && Code(f, "currency"),
            "{target} does not accept the currency of this order. {message}",
            "Set the currency up in {target}, then retry.", RetryAdvice.AfterRepair),

        new(f => Exactly(f, "id-reused"),
            "{source} used the id of an earlier message for a different one. The first was taken; this one is kept and was not applied. {message}",
            "Compare both messages. If the second is right as well, work it under an id of its own (More…); if not, discard it. Ask the sender to stop using ids twice.", RetryAdvice.WillNotHelp, PostsAgain: false),

        // The kind alone.
        new(f => Is(f, "unknownoutcome"),
            "The answer was lost, and asking {target} for the posting key did not decide it either. {message}",
            "Look in {target} for the posting key. Retry asks for it once more and sends only if it is certainly not there.", RetryAdvice.LooksUpFirst),
        new(f => Is(f, "duplicate"),
            "{target} already has a document under this id, and it is not the same one. {message}",
            "Compare both documents. If the one in {target} is right, resolve with its number; if not, remove it there, then retry.", RetryAdvice.AfterRepair),
        new(f => Is(f, "parse"),
            "The bytes are kept exactly as they came, and are not what they claim to be. {message}",
            "Look at the message below and tell whoever runs {source}. Retry reads the same bytes again, which helps only after the tower was taught to read them.",
            RetryAdvice.WillNotHelp, PostsAgain: false),
        new(f => Is(f, "ownership"),
            "{source} spoke about data that another system owns. {message}",
            "Change it in the system that owns it, or change the rule of ownership. Then retry.", RetryAdvice.AfterRepair),
        new(f => Is(f, "connection"),
            "{target} cannot be reached or does not accept our credentials. {message}",
            "Open the connection and test it. What waits for it goes out in order when it is back.", RetryAdvice.AfterRepair),
        new(f => Is(f, "ratelimit"),
            "{target} allows no more calls for now. {message}",
            "Nothing needs mending. Retry sends it when there is room in the budget.", RetryAdvice.Now),
        new(f => Is(f, "intermittent"),
            "{target} failed by itself, more often than it is tried without a person. {message}",
            "Test the connection. If it works again, retry.", RetryAdvice.Now),
        new(f => Is(f, "toolarge"),
            "The {document} is larger than {target} accepts. {message}",
            "Split the order in the shop, or raise the limit in {target}, then retry.", RetryAdvice.AfterRepair),
        new(f => Is(f, "missing"),
            "{target} lacks something that the {document} names ({field}). {message}",
            "Create it in {target}, then retry.", RetryAdvice.AfterRepair),
        new(f => Is(f, "value"),
            "{target} does not accept a value of the {document} ({field}). {message}",
            "Correct the value where it comes from, or map it, then retry.", RetryAdvice.AfterRepair),
        new(f => Is(f, "refused"),
            "A rule of {target} forbids it. {message}",
            "Mend the cause in {target}, then retry.", RetryAdvice.AfterRepair),
    ];

    public static PlaybookRule? Find(CaseFacts facts) => Array.Find(All, rule => rule.Fits(facts));

    private static bool Is(CaseFacts facts, params ReadOnlySpan<string> kinds) => kinds.Contains(Playbook.Kind(facts.Failure));

    /// <summary>A code of the tower's own; its message already says what it means.</summary>
    private static bool Exactly(CaseFacts facts, params ReadOnlySpan<string> codes) => codes.Contains(facts.Code);

    private static bool Code(CaseFacts facts, params ReadOnlySpan<string> parts) => Any(facts.Code, parts);

    private static bool Field(CaseFacts facts, params ReadOnlySpan<string> parts) => facts.Field is { } field && Any(field, parts);

    private static bool Says(CaseFacts facts, params ReadOnlySpan<string> words) => Any(facts.Message, words);

    private static bool Any(string text, ReadOnlySpan<string> parts)
    {
        foreach (var part in parts)
        {
            if (text.Contains(part, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}

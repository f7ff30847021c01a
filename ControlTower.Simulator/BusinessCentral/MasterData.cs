using System.Text.Json;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Everything that is not a sales document: customers, items, journals, terms.</summary>
internal sealed class MasterData(Company company)
{
    private Tables Tables => company.Tables;

    public BcRecord Create(BcChange change, BcEntity entity, JsonElement body)
    {
        var record = Tables.New(entity.Set);
        BcBody.Apply(record, body, entity.Set switch { "journals" => "journalLines", "customerPaymentJournals" => "customerPayments", _ => null });
        Validate(change, record, body, isNew: true);
        if (entity.Field("number") is not null && Tables.By(entity.Set, "number", record.Text("number")) is not null) throw Same(entity.Name, "No.", record.Text("number"));
        if (entity.Field("code") is not null && Tables.By(entity.Set, "code", record.Text("code")) is not null) throw Same(entity.Name, "Code", record.Text("code"));
        Tables.Save(change, record, "created");
        return record;
    }

    public void Update(BcChange change, BcRecord record, JsonElement body)
    {
        BcBody.Apply(record, body, null);
        if (record.Entity.Set is "journalLines" or "customerPayments") new Journals(company).Check(record);
        else Validate(change, record, body, isNew: false);
        Tables.Save(change, record, "updated");
    }

    private static BcError Same(string table, string key, string value) =>
        new(400, "Internal_EntityWithSameKeyExists", $"The record in table {char.ToUpperInvariant(table[0])}{table[1..]} already exists. Identification fields and values: {key}='{value}'");

    private void Validate(BcChange change, BcRecord record, JsonElement body, bool isNew)
    {
        switch (record.Entity.Set)
        {
            case "customers":
                Customer(change, record, body, isNew);
                break;
            case "items":
                if (isNew && body.TryGetProperty("inventory", out _)) throw BcError.Dialog("Inventory cannot be changed during on insert.");
                if (isNew && record.Text("number").Length == 0) record["number"] = Tables.NextNumber(change, "I", 10001);
                Item(record, body);
                break;
            case "customerPayments" or "journalLines" or "salesOrderLines" or "salesInvoiceLines" or "salesCreditMemoLines" when isNew:
                throw BcError.Dialog("You must specify an Id or a Document Id to get the lines.");
            default:
                if (record.Entity.Field("code") is not null && record.Text("code").Length == 0) throw BcError.Dialog("The \"code\" must be provided.");
                break;
        }
    }

    private void Customer(BcChange change, BcRecord customer, JsonElement body, bool isNew)
    {
        if (customer.Text("displayName").Length == 0) throw BcError.Dialog(isNew ? "A \"displayName\" must be provided." : "The blank \"displayName\" is not allowed.");
        if (isNew && customer.Text("number").Length == 0) customer["number"] = Tables.NextNumber(change, "C", 10001);
        if (isNew && !body.TryGetProperty("taxLiable", out _)) customer["taxLiable"] = false;
        Currency(customer, body);
        if (isNew && customer.Ref("taxAreaId") == Guid.Empty && Tables.By("taxAreas", "code", company.Tax.DefaultArea) is { } area) customer["taxAreaId"] = area.Id;
        customer["taxAreaDisplayName"] = Tables.Find("taxAreas", customer.Ref("taxAreaId"))?.Text("displayName") ?? "";
        if (customer.Ref("paymentTermsId") != Guid.Empty && Tables.Find("paymentTerms", customer.Ref("paymentTermsId")) is null) throw BcError.Dialog("The \"paymentTermsId\" does not match to a Payment Terms.");
        if (customer.Ref("paymentMethodId") != Guid.Empty && Tables.Find("paymentMethods", customer.Ref("paymentMethodId")) is null) throw BcError.Dialog("The \"paymentMethodId\" does not match to a Payment Method.");
    }

    private void Currency(BcRecord customer, JsonElement body)
    {
        var code = customer.Text("currencyCode");
        if (!body.TryGetProperty("currencyCode", out _) && body.TryGetProperty("currencyId", out _))
        {
            code = customer.Ref("currencyId") == Guid.Empty ? "" : Tables.Find("currencies", customer.Ref("currencyId"))?.Text("code") ?? throw BcError.Dialog("The \"currencyId\" does not match to a Currency.");
        }

        var local = code.Length == 0 || string.Equals(code, company.LocalCurrency, StringComparison.OrdinalIgnoreCase);
        var currency = local ? null : Tables.By("currencies", "code", code) ?? throw BcError.Dialog("The \"currencyCode\" does not match to a Currency.");
        customer["currencyCode"] = currency?.Text("code") ?? company.LocalCurrency;
        customer["currencyId"] = currency?.Id ?? Guid.Empty;
    }

    private void Item(BcRecord item, JsonElement body)
    {
        if (body.TryGetProperty("taxGroupCode", out _) && item.Text("taxGroupCode").Length > 0)
        {
            item["taxGroupId"] = (Tables.By("taxGroups", "code", item.Text("taxGroupCode")) ?? throw BcError.Dialog("The \"taxGroupCode\" does not match to a Tax Group.")).Id;
        }
        else if (item.Text("taxGroupCode").Length == 0)
        {
            item["taxGroupCode"] = company.Tax.DefaultGroup;
            item["taxGroupId"] = Tables.By("taxGroups", "code", company.Tax.DefaultGroup)!.Id;
        }

        if (item.Text("baseUnitOfMeasureCode").Length == 0) item["baseUnitOfMeasureCode"] = "PCS";
        item["baseUnitOfMeasureId"] = Tables.By("unitsOfMeasure", "code", item.Text("baseUnitOfMeasureCode"))?.Id ?? Guid.Empty;
    }
}

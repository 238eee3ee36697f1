"""What it takes to ask the lake by Athena: its work group, its tables, a place for the answers."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from infra.acknowledged import acknowledge, as_nag_writes
from infra.lake import RESULTS_PREFIX, LakeStore
from millrace.lake.columns import TABLES


def let_ask(role: iam.Role, lake: LakeStore) -> None:
    """Beside reading the bucket and using its key; Athena does with it what its caller may."""
    bucket, catalogue = lake.bucket.bucket_arn, lake.catalogue
    tables = sorted(name for table in TABLES for name in (table.name, f"{table.name}_log"))
    glue = ["catalog", f"database/{catalogue.name}"]
    glue += [f"table/{catalogue.name}/{table}" for table in tables]
    answers = f"{RESULTS_PREFIX}/*"
    arn = cdk.Stack.of(role).format_arn
    for actions, resources in (
        (
            ["athena:GetQueryExecution", "athena:GetQueryResults", "athena:StartQueryExecution"],
            [arn(service="athena", resource=f"workgroup/{catalogue.work_group.name}")],
        ),
        (
            ["glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable"],
            [arn(service="glue", resource=name) for name in glue],
        ),
        (["s3:GetBucketLocation"], [bucket]),
        (["s3:AbortMultipartUpload", "s3:PutObject"], [f"{bucket}/{answers}"]),
    ):
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
    stack = cdk.Stack.of(lake.bucket)
    exported = as_nag_writes(stack.resolve(stack.export_value(bucket)))
    acknowledge(
        role,
        f"IAM5[Resource::{exported}/{answers}]",
        "Athena names the answers by the query; they are sealed by the key and expire.",
    )
